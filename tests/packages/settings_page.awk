# Makes the manual page aside-settings(5) from daemon/settings.md. It understands only the Markdown that this file uses:
# headings, paragraphs, lists, tables, code. `version` is the version of the program.
function inline(text,   out, found) {
  gsub(/\\\|/, "|", text)
  gsub(/\\/, "\\e", text)
  while (match(text, /\[[^]]*\]\([^)]*\)/)) {
    found = substr(text, RSTART, RLENGTH)
    sub(/^\[/, "", found)
    sub(/\]\([^)]*\)$/, "", found)
    text = substr(text, 1, RSTART - 1) found substr(text, RSTART + RLENGTH)
  }
  while (match(text, /`[^`]*`/)) {
    found = substr(text, RSTART + 1, RLENGTH - 2)
    gsub(/-/, "\\-", found)
    out = out substr(text, 1, RSTART - 1) "\\fB" found "\\fR"
    text = substr(text, RSTART + RLENGTH)
  }
  text = out text
  while (match(text, /\*[A-Z][^*]*\*/))
    text = substr(text, 1, RSTART - 1) "\\fI" substr(text, RSTART + 1, RLENGTH - 2) "\\fR" substr(text, RSTART + RLENGTH)
  return text
}
function say(text) {
  text = inline(text)
  if (text ~ /^[.']/) text = "\\&" text
  print text
}
function heading(macro, text) { print macro " \"" toupper(substr(text, 1, 1)) substr(text, 2) "\""; fresh = 1 }
BEGIN {
  print ".TH ASIDE-SETTINGS 5 \"\" \"aside " version "\" \"File formats\""
  print ".SH NAME\naside-settings \\- settings and files of Aside\n.SH DESCRIPTION"
}
/^```/ {
  code = !code
  print code ? ".PP\n.RS 2\n.nf" : ".fi\n.RE"
  next
}
code { gsub(/\\/, "\\e"); gsub(/-/, "\\-"); print ($0 ~ /^[.']/ ? "\\&" : "") $0; next }
/^# / { next }
/^- \[.*\]\(#.*\)/ { next }  # the page's own table of contents
/^## / { heading(".SH", toupper(substr($0, 4))); next }
/^### / { heading(".SS", substr($0, 5)); next }
/^\|[-| :]*\|$/ { next }
/^\|/ {
  line = $0
  gsub(/\\\|/, "\001", line)
  count = split(line, cell, /[ \t]*\|[ \t]*/)
  for (i = 2; i < count; i++) gsub(/\001/, "|", cell[i])
  if (!rows++) next  # the table's head
  print ".TP"
  say(cell[2])
  if (count == 5) { if (cell[3] != "") say("(default: " cell[3] ")"); say(cell[4]) } else say(cell[3])
  next
}
{ rows = 0 }
/^- / { print ".IP \\(bu 2"; say(substr($0, 3)); next }
/^[0-9]+\. / { print ".IP " $1 " 4"; sub(/^[0-9]+\. /, ""); say($0); next }
/^  +[^ ]/ { sub(/^ +/, ""); say($0); next }
/^$/ { if (!fresh) blank = 1; next }
{ if (blank) print ".PP"; blank = 0; fresh = 0; say($0) }
END { print ".SH SEE ALSO\n.BR asided (1)" }
