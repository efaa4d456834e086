/*
 * libcurl is given one place of the certificates it trusts when it is built,
 * but the tree it is part of runs on any distribution. This looks for theirs.
 */
#include <unistd.h>

static inline const char *ca_bundle(void)
{
  static const char *const bundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",                /* Debian, Ubuntu */
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* Red Hat, Fedora */
    "/etc/pki/tls/certs/ca-bundle.crt",                  /* Red Hat's older place */
    "/etc/ssl/ca-bundle.pem",                            /* SUSE */
  };
  unsigned int i;

  for(i = 0; i < sizeof(bundles) / sizeof(bundles[0]); i++)
    if(!access(bundles[i], R_OK))
      return bundles[i];
  return CURL_CA_BUNDLE;
}
