/**
 * The web page: static ES modules under {@code webroot}, and the one class that tells a server how
 * to serve them. No request is handled here and no data is kept.
 */
package dev.fewstep.dashboard;
