/*
 * The distribution's archive of libjwt leaves its Base64 out, whose licence is
 * not free enough for it. These two do the same with libcrypto's.
 */
#include "base64.h"

#include <openssl/evp.h>
#include <string.h>

__attribute__((visibility("hidden"))) int jwt_Base64encode(char *text, const char *bytes, int length)
{
	return EVP_EncodeBlock((unsigned char *) text, (const unsigned char *) bytes, length) + 1;
}

/* The number of bytes, and none where the text is not Base64. */
__attribute__((visibility("hidden"))) int jwt_Base64decode(char *bytes, const char *text)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const size_t digits = strspn(text, alphabet);
	const size_t padding = strspn(text + digits, "=");
	int length;

	/* EVP_DecodeBlock() would skip blanks around the text and take padding anywhere. */
	if (text[digits + padding] != '\0' || padding > 2)
		return 0;
	length = EVP_DecodeBlock((unsigned char *) bytes, (const unsigned char *) text, (int) (digits + padding));
	return length < 0 ? 0 : length - (int) padding;
}
