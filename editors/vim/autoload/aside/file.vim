vim9script
# Texts of the daemon, written where the user says.

import autoload 'aside/daemon.vim'

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

export def Short(path: string): string
  return fnamemodify(path, ':~:.')
enddef

defcompile  # the reason is in daemon.vim
