// The source file and the replies that the pictures show.
export const source = `#include <string.h>

/* How often c occurs in s. */
size_t count(const char *s, char c) {
  size_t n = 0;
  for (size_t i = 0; i < strlen(s); i++)
    if (s[i] == c)
      n++;
  return n;
}
`;
export const thinking = 'The loop’s condition calls strlen, which is linear.';
export const answer = `\`strlen\` walks the whole string **on each pass** of the loop, so a string of *n* characters takes about n² steps.

Walk it once instead:

\`\`\`c
size_t count(const char *s, char c) {
  size_t n = 0;
  for (; *s; s++)  /* ends at the terminator */
    n += *s == c;
  return n;
}
\`\`\`
`;
