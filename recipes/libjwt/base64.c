/*
 * The distribution's archive of libjwt leaves its Base64 out, whose licence is
 * not free enough for it. These two do the same. Slurm's auth/jwt and
 * auth/slurm call them, too, though no header has them.
 */
#include "base64.h"

#include <openssl/evp.h>
#include <string.h>

int jwt_Base64encode(char *text, const char *bytes, int length)
{
	return EVP_EncodeBlock((unsigned char *) text, (const unsigned char *) bytes, length) + 1;
}

/* The number of bytes, and none where the text is not Base64. Slurm may leave out the padding. */
int jwt_Base64decode(unsigned char *bytes, const char *text)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const size_t digits = strspn(text, alphabet);
	const size_t padding = strspn(text + digits, "=");
	unsigned value = 0;
	unsigned bits = 0;
	int length = 0;

	if (text[digits + padding] != '\0' || padding > 2)
		return 0;
	for (size_t i = 0; i < digits; i++) {
		value = value << 6 | (unsigned) (strchr(alphabet, text[i]) - alphabet);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			bytes[length++] = (unsigned char) (value >> bits);
		}
	}
	return length;
}
