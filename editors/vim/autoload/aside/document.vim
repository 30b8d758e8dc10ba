vim9script
# The documents that the daemon knows: buffers that Aside was used in, and no others. A text is brought up to
# date when something is about to be asked about it, so that typing costs nothing.

import autoload 'aside/daemon.vim'

# By buffer number: {uri, version, tick}; `tick` is the b:changedtick of the text that the daemon has.
var documents: dict<dict<any>> = {}
var folders: dict<bool> = {}
var unnamed: dict<string> = {}

# The URI of a buffer, which the daemon has from then on, by that name and with its present text.
export def Use(buffer: number): string
  const known = get(documents, buffer, {})
  if known != {} && !bufloaded(buffer)
    return known.uri
  endif
  const uri = Uri(buffer)
  const tick = getbufvar(buffer, 'changedtick')
  if known == {} || known.uri != uri
    AddFolder(buffer)
    documents[buffer] = {uri: uri, version: 1, tick: tick}
    daemon.Notify('textDocument/didOpen', {textDocument: {
      uri: uri, languageId: Language(buffer), version: 1, text: Text(buffer, 1, '$') .. "\n"}})
    if known != {}
      Renamed(known.uri, uri)
    endif
  elseif known.tick != tick
    documents[buffer] = {uri: uri, version: known.version + 1, tick: tick}
    daemon.Notify('textDocument/didChange', {
      textDocument: {uri: uri, version: known.version + 1},
      contentChanges: [{text: Text(buffer, 1, '$') .. "\n"}]})
  endif
  return uri
enddef

# Whole lines as an attachment; all of them are the document.
export def Attachment(buffer: number, first: number, last: number): dict<any>
  const all = first == 1 && last == getbufinfo(buffer)[0].linecount
  return {uri: Use(buffer)}->extend(all ? {} : {range: Lines(first, last)})
enddef

# Lines as they are now, for something that is sent later.
export def Snapshot(buffer: number, first: number, last: number): dict<any>
  AddFolder(buffer)
  const [text, language] = [Text(buffer, first, last), Language(buffer)]
  return {uri: Uri(buffer), range: Lines(first, last), text: text, languageId: language}
enddef

export def Saved(buffer: number)
  daemon.Notify('textDocument/didSave', {textDocument: {uri: Use(buffer)}})
enddef

export def Close(buffer: number)
  if documents->has_key(buffer)
    daemon.Notify('textDocument/didClose', {textDocument: {uri: documents[buffer].uri}})
    remove(documents, buffer)
  endif
enddef

# The daemon has died: what was open is opened again at its next use.
export def Forget()
  documents = {}
  folders = {}
enddef

export def Name(buffer: number): string
  return bufname(buffer) == '' ? '[No Name]' : fnamemodify(bufname(buffer), ':t')
enddef

# An unnamed buffer takes its thread along to the file that it becomes. A file under a new name is a copy; the
# old one stays.
def Renamed(old: string, new: string)
  if old =~ '^untitled:'
    daemon.Notify('workspace/didRenameFiles', {files: [{oldUri: old, newUri: new}]})
  endif
  daemon.Notify('textDocument/didClose', {textDocument: {uri: old}})
enddef

def Lines(first: number, last: number): dict<any>
  return {start: {line: first - 1, character: 0}, end: {line: last, character: 0}}
enddef

def Language(buffer: number): string
  return getbufvar(buffer, '&filetype') ?? 'plaintext'
enddef

# Vim has a NUL byte as a line break inside a line; sent like that it would move all lines after it.
def Text(buffer: number, first: number, last: any): string
  const lines = getbufline(buffer, first, last)
  return (match(lines, "\n") < 0 ? lines : lines->mapnew((_, line) => line->tr("\n", '?')))->join("\n")
enddef

def Uri(buffer: number): string
  const name = bufname(buffer)
  if name =~ '^\a[[:alnum:].+-]\+://'
    return name->Escaped('[^[:graph:]]\|["<>\\^`{|}]')
  elseif name == '' || index(['', 'acwrite', 'nowrite', 'help'], getbufvar(buffer, '&buftype')) < 0
    unnamed[buffer] = get(unnamed, buffer, $'untitled:{Uuid()}')
    return unnamed[buffer]
  endif
  return FileUri(fnamemodify(name, ':p'))
enddef

def FileUri(path: string): string
  return 'file://' .. path->Escaped('[^A-Za-z0-9/._~-]')
enddef

# Byte by byte, also where the bytes are no characters.
def Escaped(text: string, unsafe: string): string
  return text->substitute(unsafe, (m) => range(len(m[0]))
    ->mapnew((_, i) => printf('%%%02X', char2nr(strpart(m[0], i, 1))))->join(''), 'g')
enddef

def Uuid(): string
  final seed = srand()
  const hex = range(4)->mapnew((_, _) => printf('%08x', rand(seed)))->join('')
  return $'{hex[0 : 7]}-{hex[8 : 11]}-4{hex[13 : 15]}-a{hex[17 : 19]}-{hex[20 : 31]}'
enddef

# Names are told relative to a folder: the repository that holds the file, else the file's own.
def AddFolder(buffer: number)
  const own = bufname(buffer) == '' ? getcwd() : fnamemodify(bufname(buffer), ':p:h')
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
