// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.statistics;

import java.util.Arrays;
import java.util.Random;

/** Matrices in plain Java, rows of doubles: the oracle of the statistics and pruning tests. */
public final class NaiveMatrix {
  private NaiveMatrix() {}

  /** Standard normal entries. */
  public static double[][] random(long seed, int rows, int columns) {
    Random random = new Random(seed);
    double[][] a = new double[rows][columns];
    for (double[] row : a) {
      for (int j = 0; j < columns; j++) {
        row[j] = random.nextGaussian();
      }
    }
    return a;
  }

  /** A B. */
  public static double[][] product(double[][] a, double[][] b) {
    double[][] c = new double[a.length][b[0].length];
    for (int i = 0; i < a.length; i++) {
      for (int k = 0; k < b.length; k++) {
        for (int j = 0; j < b[0].length; j++) {
          c[i][j] += a[i][k] * b[k][j];
        }
      }
    }
    return c;
  }

  /** Aᵀ. */
  public static double[][] transposed(double[][] a) {
    double[][] t = new double[a[0].length][a.length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a[0].length; j++) {
        t[j][i] = a[i][j];
      }
    }
    return t;
  }

  /** The columns of A with these numbers. */
  public static double[][] columns(double[][] a, int... numbers) {
    double[][] c = new double[a.length][numbers.length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < numbers.length; j++) {
        c[i][j] = a[i][numbers[j]];
      }
    }
    return c;
  }

  /** Rows and columns of A with these numbers. */
  public static double[][] block(double[][] a, int... numbers) {
    return transposed(columns(transposed(columns(a, numbers)), numbers));
  }

  /** A⁻¹ by Gauss-Jordan elimination with pivoting. */
  public static double[][] inverse(double[][] matrix) {
    int n = matrix.length;
    double[][] a = new double[n][2 * n];
    for (int i = 0; i < n; i++) {
      System.arraycopy(matrix[i], 0, a[i], 0, n);
      a[i][n + i] = 1;
    }
    for (int p = 0; p < n; p++) {
      int best = p;
      for (int i = p; i < n; i++) {
        best = Math.abs(a[i][p]) > Math.abs(a[best][p]) ? i : best;
      }
      double[] pivot = a[best];
      a[best] = a[p];
      a[p] = pivot;
      double divisor = pivot[p];
      for (int j = 0; j < 2 * n; j++) {
        pivot[j] /= divisor;
      }
      for (int i = 0; i < n; i++) {
        double factor = a[i][p];
        for (int j = 0; i != p && j < 2 * n; j++) {
          a[i][j] -= factor * pivot[j];
        }
      }
    }
    double[][] inverse = new double[n][];
    for (int i = 0; i < n; i++) {
      inverse[i] = Arrays.copyOfRange(a[i], n, 2 * n);
    }
    return inverse;
  }

  /** tr(D H Dᵀ). */
  public static double quadratic(double[][] d, double[][] h) {
    double[][] dh = product(d, h);
    double total = 0;
    for (int i = 0; i < d.length; i++) {
      for (int j = 0; j < h.length; j++) {
        total += dh[i][j] * d[i][j];
      }
    }
    return total;
  }

  /** All entries, row by row. */
  public static double[] flat(double[][] a) {
    return Arrays.stream(a).flatMapToDouble(Arrays::stream).toArray();
  }
}
