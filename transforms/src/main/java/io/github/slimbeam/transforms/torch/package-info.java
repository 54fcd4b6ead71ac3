// SPDX-License-Identifier: Apache-2.0
/**
 * libtorch through DJL, and nothing else of it. In reading order: {@link
 * io.github.slimbeam.transforms.torch.TorchDevice} says where a JVM computes, {@link
 * io.github.slimbeam.transforms.torch.TorchScope} owns native memory there, {@link
 * io.github.slimbeam.transforms.torch.DeviceMemory} is about its end, {@link
 * io.github.slimbeam.transforms.torch.TorchProgram} runs the TorchScript that stands beside a class
 * as a readable resource, {@link io.github.slimbeam.transforms.torch.TensorBytes} moves tensors
 * from and to files.
 *
 * <p>Invariants: every tensor belongs to a scope and dies with it; no tensor of type BF16 ever
 * reaches DJL, whose PyTorch engine aborts the JVM on that type: such bits travel as F16 and are
 * re-read inside TorchScript.
 */
package io.github.slimbeam.transforms.torch;
