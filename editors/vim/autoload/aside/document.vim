vim9script
# The documents that the daemon knows: buffers that Aside was used in, and no others. A text is brought up to date when
# something is about to be asked about it, so that typing costs nothing. A document stays open until its buffer is deleted.

import autoload 'aside/daemon.vim'

# By buffer number: {uri, version, tick}; `tick` is the b:changedtick of the text that the daemon has.
var documents: dict<dict<any>> = {}
var folders: dict<bool> = {}
var unnamed: dict<string> = {}
var Renamed: func(number): void

export def Listen(OnRename: func(number): void)
  Renamed = OnRename
  augroup aside
    autocmd!
    autocmd BufWritePost * Saved(str2nr(expand('<abuf>')))
    autocmd BufFilePost * Named(str2nr(expand('<abuf>')))
    # Vim also says this of an unnamed buffer that gets its name by a :write, so look at it when that is over.
    autocmd BufDelete,BufWipeout * if !empty(documents) | timer_start(0, (_) => CloseDeleted()) | endif
  augroup END
enddef

# The daemon has died: what was open is opened again at its next use.
export def Forget()
  documents = {}
  folders = {}
enddef

# The URI of a buffer, which the daemon has from then on, in its present state.
export def Use(buffer: number): string
  const uri = Uri(buffer)
  const tick = getbufvar(buffer, 'changedtick', 0)
  const known = get(documents, buffer, {})
  if known == {}
    AddFolder(buffer)
    documents[buffer] = {uri: uri, version: 1, tick: tick}
    daemon.Notify('textDocument/didOpen', {textDocument: {
      uri: uri, languageId: Language(buffer), version: 1, text: Text(buffer, 1, '$') .. "\n"}})
  elseif known.tick != tick && bufloaded(buffer)
    known.tick = tick
    known.version += 1
    daemon.Notify('textDocument/didChange', {
      textDocument: {uri: uri, version: known.version},
      contentChanges: [{text: Text(buffer, 1, '$') .. "\n"}]})
  endif
  return uri
enddef

# Whole lines of a buffer as an attachment; all of them are the document.
export def Attachment(buffer: number, first: number, last: number): dict<any>
  const uri = Use(buffer)
  const all = first == 1 && last == getbufinfo(buffer)[0].linecount
  return all ? {uri: uri} : {uri: uri, range: Range(first, last)}
enddef

# The same with its text as it is now, for something that is sent later.
export def Snapshot(buffer: number, first: number, last: number): dict<any>
  return Attachment(buffer, first, last)->extend({text: Text(buffer, first, last), languageId: Language(buffer)})
enddef

export def Name(buffer: number): string
  return bufname(buffer) == '' ? '[No Name]' : fnamemodify(bufname(buffer), ':t')
enddef

def Range(first: number, last: number): dict<any>
  return {start: {line: first - 1, character: 0}, end: {line: last, character: 0}}
enddef

def Language(buffer: number): string
  return getbufvar(buffer, '&filetype') ?? 'plaintext'
enddef

# Vim shows a NUL byte as a line break inside a line; sent like that it would shift all lines after it.
def Text(buffer: number, first: number, last: any): string
  const lines = getbufline(buffer, first, last)
  return (match(lines, "\n") < 0 ? lines : lines->mapnew((_, line) => line->substitute("\n", "\uFFFD", 'g')))->join("\n")
enddef

def Uri(buffer: number): string
  const name = bufname(buffer)
  const type = getbufvar(buffer, '&buftype')
  if name =~ '^\a[[:alnum:].+-]\+://'
    return Escape(name, '[^[:graph:]]\|["<>\\^`{|}]')
  elseif name == '' || ['', 'acwrite', 'nowrite', 'help']->index(type) < 0
    unnamed[buffer] = get(unnamed, buffer, $'untitled:{Uuid()}')
    return unnamed[buffer]
  endif
  return 'file://' .. Escape(fnamemodify(name, ':p'), '[^A-Za-z0-9/._~-]')
enddef

def Escape(text: string, pattern: string): string
  return text->substitute(pattern, (m) => range(len(m[0]))
      ->mapnew((_, i) => printf('%%%02X', char2nr(strpart(m[0], i, 1))))->join(''), 'g')
enddef

def Uuid(): string
  var seed = srand()
  const hex = range(4)->mapnew((_, _) => printf('%08x', rand(seed) % 0x100000000))->join('')
  return $'{hex[0 : 7]}-{hex[8 : 11]}-4{hex[13 : 15]}-a{hex[17 : 19]}-{hex[20 : 31]}'
enddef

# The folder that a file's name is told relative to: the repository's, else its own.
def AddFolder(buffer: number)
  const path = bufname(buffer) == '' ? getcwd() .. '/' : fnamemodify(bufname(buffer), ':p')
  const own = fnamemodify(path, ':h')
  var folder = own
  while folder != '/' && folder != '.' && getftype(folder .. '/.git') == ''
    folder = fnamemodify(folder, ':h')
  endwhile
  if getftype(folder .. '/.git') == ''
    folder = own
  endif
  if !folders->has_key(folder)
    folders[folder] = true
    daemon.Notify('workspace/didChangeWorkspaceFolders', {event: {
      added: [{uri: 'file://' .. Escape(folder, '[^A-Za-z0-9/._~-]'), name: fnamemodify(folder, ':t')}], removed: []}})
  endif
enddef

def Saved(buffer: number)
  Named(buffer)
  if documents->has_key(buffer)
    daemon.Notify('textDocument/didSave', {textDocument: {uri: Use(buffer)}})
  endif
enddef

# A buffer has another name. An unnamed one takes its thread along; for others it is a copy, and the old file keeps its own.
def Named(buffer: number)
  const old = get(documents, buffer, {uri: ''}).uri
  const uri = Uri(buffer)
  if old == '' || old == uri
    return
  endif
  remove(documents, buffer)
  Use(buffer)
  if old =~ '^untitled:'
    remove(unnamed, buffer)
    daemon.Notify('workspace/didRenameFiles', {files: [{oldUri: old, newUri: uri}]})
  endif
  daemon.Notify('textDocument/didClose', {textDocument: {uri: old}})
  Renamed(buffer)
enddef

def CloseDeleted()
  for [buffer, document] in items(documents)
    if !bufloaded(str2nr(buffer)) && !buflisted(str2nr(buffer))
      remove(documents, buffer)
      daemon.Notify('textDocument/didClose', {textDocument: {uri: document.uri}})
    endif
  endfor
enddef
