vim9script
# Expands names of files as people type them, and writes files. Only "~/" at the beginning, "%" and "#" are expanded,
# and * ? [ ] where several files may be named; everything else is literal. So a name can't run or evaluate anything.
# Vim's expand(), glob() and file completion would run a command in backticks.

import autoload 'aside/daemon.vim'
import autoload 'aside/document.vim'

const special = '\*?[`''"{}$~'
const word = '\%(\\\_.\|\S\)\+'

# Splits typed text into words. A blank after a backslash belongs to its word.
export def Words(typed: string): list<string>
  final words: list<string> = []
  typed->substitute(word, (m) => words->add(m[0])[-1], 'g')
  return words
enddef

export def Unescaped(typed: string): string
  return typed->substitute('\\\(\_.\)', '\1', 'g')
enddef

# Returns the absolute path of a name. If the name begins with "~" and this isn't the home folder, "./" is put before
# it: otherwise fnamemodify() would expand a $VAR in the name.
export def Absolute(name: string): string
  return fnamemodify(name =~ '^\~\%(/\|$\)' ? $HOME .. strpart(name, 1) : name =~ '^\~' ? $'./{name}' : name, ':p')
enddef

# Returns the path of the one file that typed text names; % and # at the beginning are expanded.
export def Path(typed: string): string
  const [_, _, number, modifiers, rest; _] =
    typed->matchlist('^\(%\|#\(\d*\)\)\(\%(:[p~.htre]\)*\)\(.*\)$') ?? ['', '', '', '', '']
  const buffer = typed[0] == '%' ? bufnr() : typed[0] == '#' ? (number == '' ? bufnr('#') : str2nr(number)) : -1
  if !bufexists(buffer) || bufname(buffer) == ''
    return Absolute(Unescaped(typed))
  endif
  # Turns the name of a page into the path of its file.
  const full = getbufinfo(buffer)[0].name->substitute('^aside\%(-prompt\)\=://', '', '')
  return Absolute(fnamemodify(full, modifiers) .. Unescaped(rest))
enddef

# Returns the files that a typed word names. The word may have wildcards.
export def Matching(typed: string): list<string>
  const path = Path(typed)
  if getftype(path) != '' || typed !~ '^\%(\\\_.\|\_[^\\*?[]\)*[*?[]'
    return [path]
  endif
  # Puts a backslash before everything that glob() would expand, except wildcards.
  const pattern = typed->substitute('^\~\ze/', (_) => escape($HOME, special), '')
    ->substitute('\\\(\_.\)\|[`''"{}$~]', (m) => m[1] == '' ? $'\{m[0]}' : escape(m[1], special), 'g')
  return glob(pattern, true, true)->map((_, name) => Absolute(name)) ?? [path]
enddef

# Returns the parameters of attachment/expand for a typed word that means a folder or a pattern; {} if it means one file.
export def Group(typed: string): dict<any>
  const path = Path(typed)
  if isdirectory(path)
    return {folder: document.FileUri(path->substitute('\_.\zs/\+$', '', ''))}
  elseif getftype(path) != '' || typed !~ '^\%(\\\_.\|\_[^\\*?[]\)*[*?[]'
    return {}
  endif
  const head = typed->matchstr('^\%(\\\_.\|\_[^\\*?[]\)*/')
  const folder = head == '' ? getcwd() : Absolute(Unescaped(head))
  return {folder: document.FileUri(folder->substitute('\_.\zs/\+$', '', '')), pattern: strpart(typed, len(head))}
enddef

# Completion on the command line: returns the names that begin with the typed text. With a pattern, returns only folders
# and the names that match the pattern.
export def Complete(lead: string, pattern = ''): list<string>
  const typed = Unescaped(lead)
  const head = typed->matchstr('^\_.*/')
  return Names(Absolute(head ?? '.'), strpart(typed, len(head)))
    ->filter((_, name) => name =~ '/$' || name =~ pattern)
    ->map((_, name) => fnameescape((head == '' && name[0] == '~' ? './' : '') .. head .. name))
enddef

# Returns the names in a folder that start with `beginning`. The names of folders end in a slash. Names that start with
# a dot are returned only if a dot was typed. Names with control characters can't be typed, so they are left out.
def Names(folder: string, beginning: string): list<string>
  return !isdirectory(folder) ? [] : readdir(folder, (name) => stridx(name, beginning) == 0
    && (name[0] != '.' || beginning[0] == '.') && name !~ '[[:cntrl:]]')
    ->map((_, name) => isdirectory($'{folder}/{name}') ? $'{name}/' : name)
enddef

# Whether a file may be written. If it exists and `overwrite` is false, the result is false, and a message says that
# `command` overwrites the file.
export def Writable(path: string, overwrite: bool, command: string): bool
  if !overwrite && getftype(path) != ''
    daemon.Complain($'{Short(path)} is there already; {command} overwrites it')
    return false
  endif
  return true
enddef

export def Write(path: string, text: string, what: string)
  try
    writefile(text->iconv(&encoding, 'utf-8')->split("\n", true), path, 'b')
    daemon.Inform($'{what} is written to {Short(path)}')
  catch /:E482:/
    daemon.Complain($'{Short(path)} cannot be written')
  endtry
enddef

# A short form of an absolute path.
def Short(path: string): string
  return fnamemodify(path, ':~:.')
enddef

defcompile  # compiles all functions now; the end of daemon.vim says why
