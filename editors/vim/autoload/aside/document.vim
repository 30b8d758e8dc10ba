vim9script
# The documents that the daemon knows: buffers that Aside was used in, and no others. A text is brought up to
# date when something is about to be asked about it, so that typing costs nothing.

import autoload 'aside/daemon.vim'

# By buffer number: {uri, version, tick}; `tick` is the b:changedtick of the text that the daemon has, and
# version 0 means that it has none. The URI outlives the buffer: its thread may still be in a window.
var documents: dict<dict<any>> = {}
var folders: dict<bool> = {}

# The URI of a buffer, which the daemon has from then on, by that name and with its present text.
export def Use(buffer: number): string
  const known = get(documents, buffer, {uri: '', version: 0, tick: -1})
  if !bufloaded(buffer)
    return known.uri ?? Uri(buffer)
  endif
  const uri = Uri(buffer)
  const tick = getbufvar(buffer, 'changedtick')
  const document = {uri: uri, version: known.version + 1}
  if known.uri != uri || known.version == 0
    AddFolder(buffer)
    daemon.Notify('textDocument/didOpen', {textDocument: document->extendnew({
      languageId: Language(buffer), text: Text(buffer, 1, '$')})})
    if known.uri != uri && known.uri != ''
      Renamed(known.uri, uri)
    endif
    filter(documents, (_, other) => other.uri != uri)
  elseif known.tick != tick
    daemon.Notify('textDocument/didChange', {
      textDocument: document, contentChanges: [{text: Text(buffer, 1, '$')}]})
  else
    return uri
  endif
  documents[buffer] = document->extendnew({tick: tick})
  return uri
enddef

# Lines as they are now, as an attachment; all of them are the document.
export def Attachment(buffer: number, first: number, last: number): dict<any>
  AddFolder(buffer)
  const all = first == 1 && last == getbufinfo(buffer)[0].linecount
  const range = {start: {line: first - 1, character: 0}, end: {line: last, character: 0}}
  return {uri: Uri(buffer), text: Text(buffer, first, last), languageId: Language(buffer)}
    ->extend(all ? {} : {range: range})
enddef

export def Saved(buffer: number)
  daemon.Notify('textDocument/didSave', {textDocument: {uri: Use(buffer)}})
enddef

export def Close(buffer: number)
  if documents->has_key(buffer)
    daemon.Notify('textDocument/didClose', {textDocument: {uri: remove(documents, buffer).uri}})
  endif
enddef

# The daemon has died: what was open is opened again at its next use.
export def Forget()
  documents->map((_, document) => document->extendnew({version: 0}))
  folders = {}
enddef

export def Path(buffer: number): string
  return bufexists(buffer) ? getbufinfo(buffer)[0].name : ''
enddef

export def Name(buffer: number): string
  return fnamemodify(Path(buffer), ':t') ?? '[No Name]'
enddef

# The buffer of a URI, or 0 where neither a buffer nor a file has it any more.
export def Buffer(uri: string): number
  const unnamed = getbufinfo()->filter((_, b) => b.variables->get('aside_untitled', '') == uri)
  const decoded = uri->substitute('^file://', '', '')
    ->substitute('%\(\x\x\)', (m) => nr2char(str2nr(m[1], 16)), 'g')
  const path = iconv(decoded, &encoding, 'latin1')  # the same numbers as bytes
  return unnamed != [] ? unnamed[0].bufnr : uri =~ '^file:' && filereadable(path) ? bufadd(path) : 0
enddef

# An unnamed buffer takes its thread along to the file that it becomes. A file under a new name is a copy; the
# old one stays.
def Renamed(old: string, new: string)
  if old =~ '^untitled:'
    daemon.Notify('workspace/didRenameFiles', {files: [{oldUri: old, newUri: new}]})
  endif
  daemon.Notify('textDocument/didClose', {textDocument: {uri: old}})
enddef

def Language(buffer: number): string
  return getbufvar(buffer, '&filetype') ?? 'plaintext'
enddef

# Vim has a NUL byte as a line break inside a line; sent like that it would move all lines after it.
def Text(buffer: number, first: number, last: any): string
  const lines = getbufline(buffer, first, last)
  return (match(lines, "\n") < 0 ? lines : lines->mapnew((_, line) => line->tr("\n", '?')))->join("\n") .. "\n"
enddef

def Uri(buffer: number): string
  const path = Path(buffer)
  if path =~ '^\a[[:alnum:].+-]\+://'
    return path->Escaped('[^[:graph:]]\|["<>\\^`{|}]')
  elseif path == '' || index(['', 'acwrite', 'nowrite', 'help'], getbufvar(buffer, '&buftype')) < 0
    if getbufvar(buffer, 'aside_untitled') == ''
      setbufvar(buffer, 'aside_untitled', 'untitled:' .. range(4)->mapnew((_, _) => printf('%08x', rand()))->join('-'))
    endif
    return getbufvar(buffer, 'aside_untitled')
  endif
  return FileUri(path)
enddef

def FileUri(path: string): string
  return 'file://' .. path->Escaped('[^A-Za-z0-9/._~-]')
enddef

# Byte by byte, also where the bytes are no characters.
def Escaped(text: string, unsafe: string): string
  return text->substitute(unsafe, (m) => range(len(m[0]))
    ->mapnew((_, i) => printf('%%%02X', char2nr(strpart(m[0], i, 1))))->join(''), 'g')
enddef

# Names are told relative to a folder: the repository that holds the file, else the file's own.
def AddFolder(buffer: number)
  const own = Path(buffer) == '' ? getcwd() : fnamemodify(Path(buffer), ':h')
  var folder = own
  while folder != fnamemodify(folder, ':h') && getftype($'{folder}/.git') == ''
    folder = fnamemodify(folder, ':h')
  endwhile
  folder = getftype($'{folder}/.git') == '' ? own : folder
  if !folders->has_key(folder)
    folders[folder] = true
    const added = [{uri: FileUri(folder), name: fnamemodify(folder, ':t')}]
    daemon.Notify('workspace/didChangeWorkspaceFolders', {event: {added: added, removed: []}})
  endif
enddef

defcompile  # the reason is in daemon.vim
