package dev.fewstep.worker.data.source;

import dev.fewstep.worker.data.ImageShape;
import java.nio.file.Path;

/**
 * A dataset in the form in which it travels.
 *
 * @param file the {@code .npz}
 * @param images number of images
 * @param shape shape of every image
 * @param contentDigest hex SHA-256 of the content, whatever it was made from
 * @param sourceDigest hex SHA-256 of the source: of the file, or of a folder's image files with
 *     their names
 */
public record ImportedDataset(
    Path file, int images, ImageShape shape, String contentDigest, String sourceDigest) {}
