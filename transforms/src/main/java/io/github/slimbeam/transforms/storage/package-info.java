// SPDX-License-Identifier: Apache-2.0
/**
 * What comes from outside. {@link io.github.slimbeam.transforms.storage.Storage} is the little that
 * the plain classes need of a file system, so that they never see Beam; {@link
 * io.github.slimbeam.transforms.storage.BadInputException} is how any of them says that what it was
 * given cannot be used. {@link io.github.slimbeam.transforms.storage.RecordFile} keeps a record
 * that tells when it was damaged.
 */
package io.github.slimbeam.transforms.storage;
