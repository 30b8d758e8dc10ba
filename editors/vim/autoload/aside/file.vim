vim9script
# Names of files as people type them, and texts written there. A name is taken as it is: a "~/" that begins it, "%" and
# "#" and, where several files may be meant, * ? [ ] stand for something else, and nothing else does. So no name runs or
# evaluates anything, whoever gave it. Vim's own expand(), glob() and file completion run what stands in backticks.

import autoload 'aside/daemon.vim'

const special = '\*?[`''"{}$~'
const word = '\%(\\\_.\|\S\)\+'

# What was typed, word by word; a backslash before a blank makes it a part of the word.
export def Words(typed: string): list<string>
  final words: list<string> = []
  typed->substitute(word, (m) => words->add(m[0])[-1], 'g')
  return words
enddef

export def Unescaped(typed: string): string
  return typed->substitute('\\\(\_.\)', '\1', 'g')
enddef

# Not of a "~" that begins a name: fnamemodify() would expand $VAR behind it.
export def Absolute(name: string): string
  return fnamemodify(name =~ '^\~\%(/\|$\)' ? $HOME .. strpart(name, 1) : name =~ '^\~' ? $'./{name}' : name, ':p')
enddef

# The path that was typed for one file.
export def Path(typed: string): string
  const [_, _, number, modifiers, rest; _] =
    typed->matchlist('^\(%\|#\(\d*\)\)\(\%(:[p~.htre]\)*\)\(.*\)$') ?? ['', '', '', '', '']
  const buffer = typed[0] == '%' ? bufnr() : typed[0] == '#' ? (number == '' ? bufnr('#') : str2nr(number)) : -1
  if !bufexists(buffer) || bufname(buffer) == ''
    return Absolute(Unescaped(typed))
  endif
  const full = getbufinfo(buffer)[0].name->substitute('^aside\%(-prompt\)\=://', '', '')  # of a page that of its file
  return Absolute(fnamemodify(full, modifiers) .. Unescaped(rest))
enddef

# The files that a typed word stands for.
export def Matching(typed: string): list<string>
  const path = Path(typed)
  if getftype(path) != '' || typed !~ '^\%(\\\_.\|\_[^\\*?[]\)*[*?[]'
    return [path]
  endif
  # glob() gets backslashes before all that it would expand but these.
  const pattern = typed->substitute('^\~\ze/', (_) => escape($HOME, special), '')
    ->substitute('\\\(\_.\)\|[`''"{}$~]', (m) => m[1] == '' ? $'\{m[0]}' : escape(m[1], special), 'g')
  return glob(pattern, true, true)->map((_, name) => Absolute(name)) ?? [path]
enddef

# For the command line: the names that begin with what was typed, and with a pattern only those that match it, and folders.
export def Complete(lead: string, pattern = ''): list<string>
  const typed = Unescaped(lead)
  const head = typed->matchstr('^\_.*/')
  return Names(Absolute(head ?? '.'), strpart(typed, len(head)))
    ->filter((_, name) => name =~ '/$' || name =~ pattern)
    ->map((_, name) => fnameescape((head == '' && name[0] == '~' ? './' : '') .. head .. name))
enddef

# The names in a folder that begin so; folders end in a slash. What begins with a dot has to be asked for. A name with
# control characters can't be typed, so none is offered.
export def Names(folder: string, beginning: string): list<string>
  return !isdirectory(folder) ? [] : readdir(folder, (name) => stridx(name, beginning) == 0
    && (name[0] != '.' || beginning[0] == '.') && name !~ '[[:cntrl:]]')
    ->map((_, name) => isdirectory($'{folder}/{name}') ? $'{name}/' : name)
enddef

# False, if the user has been told what is there; `command` would write over it.
export def Writable(path: string, overwrite: bool, command: string): bool
  if !overwrite && getftype(path) != ''
    daemon.Complain($'{Short(path)} is there already; {command} writes over it')
    return false
  endif
  return true
enddef

export def Write(path: string, text: string, what: string)
  try
    writefile(text->iconv(&encoding, 'utf-8')->split("\n", true), path, 'b')
    daemon.Tell($'{what} is written to {Short(path)}')
  catch /:E482:/
    daemon.Complain($'{Short(path)} cannot be written')
  endtry
enddef

# Of an absolute path.
export def Short(path: string): string
  return fnamemodify(path, ':~:.')
enddef

defcompile  # the reason is in daemon.vim
