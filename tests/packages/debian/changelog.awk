# Makes Debian's changelog from CHANGELOG.md: an entry for each version, with its list items.
function finish() {
  if (day == "") return
  command = "LC_ALL=C date -u -d " day " '+%a, %d %b %Y 12:00:00 +0000'"
  command | getline date
  close(command)
  printf "\n -- %s  %s\n\n", maintainer, date
}
/^## \[[0-9]/ {
  finish()
  split($2, parts, /[\[\]]/)
  day = $4
  printf "aside (%s) unstable; urgency=medium\n\n", parts[2]
  if (parts[2] == version) seen = 1
  next
}
day != "" && /^- / { text = substr($0, 3); gsub(/`/, "", text); fold("  * ", text); next }
day != "" && /^  [^ ]/ { text = substr($0, 3); gsub(/`/, "", text); fold("    ", text) }
END {
  finish()
  if (!seen) { print "CHANGELOG.md has no section for " version > "/dev/stderr"; exit 1 }
}
# Prints words in lines of at most 78 characters; the first line begins with `first`.
function fold(first, words,   count, i, line, part) {
  count = split(words, part, " ")
  line = first part[1]
  for (i = 2; i <= count; i++) {
    if (length(line) + length(part[i]) > 76) { print line; line = "    " part[i] } else line = line " " part[i]
  }
  print line
}
