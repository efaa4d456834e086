#ifndef JWT_BASE64_H
#define JWT_BASE64_H

int jwt_Base64encode(char *text, const char *bytes, int length);
int jwt_Base64decode(unsigned char *bytes, const char *text);

#endif
