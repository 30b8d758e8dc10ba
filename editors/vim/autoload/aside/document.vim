vim9script
# Buffers as documents of the daemon, by URI. The text of a buffer is sent when a question is about to be asked, so that
# typing costs no time.

import autoload 'aside/daemon.vim'

export def Path(buffer: number): string
  return bufexists(buffer) ? getbufinfo(buffer)[0].name : ''
enddef

export def Name(buffer: number): string
  return fnamemodify(Path(buffer), ':t') ?? '[No Name]'
enddef

# Returns the URI of a buffer. A buffer that is no file gets a unique `untitled:` URI.
export def Uri(buffer: number): string
  const path = Path(buffer)
  if path =~ '^\a[[:alnum:].+-]\+://'
    return path->Escaped('[^[:graph:]]\|["<>\\^`{|}]')
  elseif path != '' && index(['', 'acwrite', 'nowrite', 'help'], getbufvar(buffer, '&buftype')) >= 0
    return FileUri(path)
  endif
  if getbufvar(buffer, 'aside_untitled') == ''
    const unique = range(4)->mapnew((_, _) => printf('%08x', rand()))->join('-')
    setbufvar(buffer, 'aside_untitled', $'untitled:{unique}')
  endif
  return getbufvar(buffer, 'aside_untitled')
enddef

# Open documents by URI: the b:changedtick of the text that the daemon has, and the buffer.
var open_documents: dict<dict<number>> = {}

# Gives the daemon the present text of a buffer, unless the daemon has it already.
export def Synchronise(buffer: number)
  const uri = Uri(buffer)
  const state = {buffer: buffer, tick: bufloaded(buffer) ? getbufvar(buffer, 'changedtick') : -1}
  const was_open = open_documents->has_key(uri)
  if state.tick < 0 || open_documents->get(uri, {}) == state
    return
  endif
  const text = Text(buffer, 1, '$')
  open_documents[uri] = state
  const document = {uri: uri, version: state.tick}
  if was_open
    daemon.Notify('textDocument/didChange', {textDocument: document, contentChanges: [{text: text}]})
  else
    NameFolder(buffer)
    daemon.Notify('textDocument/didOpen', {
      textDocument: document->extendnew({languageId: Language(buffer), text: text})})
  endif
enddef

# Gives the daemon the present text of a shared document, if its buffer has unsaved changes or the document is open
# already. Otherwise the daemon reads the file.
export def SynchroniseShared(uri: string)
  const path = resolve(FilePath(uri))
  for buffer in getbufinfo({bufloaded: true})
    if path != '' ? resolve(buffer.name) == path : buffer.variables->get('aside_untitled', '') == uri
      if buffer.changed || open_documents->has_key(Uri(buffer.bufnr))
        Synchronise(buffer.bufnr)
      endif
    endif
  endfor
enddef

# The open documents whose buffer is gone or has another name now.
export def Stale(): list<string>
  return keys(open_documents)->filter((_, uri) =>
    !bufloaded(open_documents[uri].buffer) || Uri(open_documents[uri].buffer) != uri)
enddef

export def Close(uri: string)
  daemon.Notify('textDocument/didClose', {textDocument: {uri: uri}})
  if open_documents->has_key(uri)
    remove(open_documents, uri)
  endif
enddef

# Forgets all open documents. Called after the daemon has ended.
export def Forget()
  open_documents = {}
enddef

# Attaches these lines as they are now. If these are all lines of the buffer, attaches the whole document.
export def Attachment(buffer: number, first: number, last: number): dict<any>
  NameFolder(buffer)
  const all = first == 1 && last == getbufinfo(buffer)[0].linecount
  const range = {start: {line: first - 1, character: 0}, end: {line: last, character: 0}}
  return {uri: Uri(buffer), languageId: Language(buffer), text: Text(buffer, first, last)}
    ->extend(all ? {} : {range: range})
enddef

# Returns the buffer of a URI, or 0 if there is neither a buffer nor a file with this URI.
export def Buffer(uri: string): number
  const unnamed = getbufinfo()->filter((_, b) => b.variables->get('aside_untitled', '') == uri)
  return unnamed != [] ? unnamed[0].bufnr : filereadable(FilePath(uri)) ? bufadd(FilePath(uri)) : 0
enddef

# Returns a buffer with this URI; creates the buffer if necessary, even if the file doesn't exist.
export def Make(uri: string): number
  var buffer = Buffer(uri)
  if buffer == 0
    buffer = bufadd(uri =~ '^untitled:' ? '' : FilePath(uri) ?? uri)
    setbufvar(buffer, 'aside_untitled', uri =~ '^untitled:' ? uri : '')
  endif
  return buffer
enddef

# A short name of a document for people.
export def Label(uri: string): string
  return uri =~ '^untitled:' ? '[No Name]' : fnamemodify(FilePath(uri), ':~:.') ?? uri
enddef

# The URI of a folder, whose absolute path ends in a slash.
export def FolderUri(folder: string): string
  return FileUri(fnamemodify(folder, ':h'))
enddef

# Returns the path of a `file:` URI of this machine; '' for other URIs, which Vim might fetch from the network.
def FilePath(uri: string): string
  const decoded = uri =~ '^file:///' ? uri->substitute('^file://', '', '')
    ->substitute('%\(\x\x\)', (m) => nr2char(str2nr(m[1], 16)), 'g') : ''
  return iconv(decoded, &encoding, 'latin1')  # turns each character into the byte of the same number
enddef

def Language(buffer: number): string
  return getbufvar(buffer, '&filetype') ?? 'plaintext'
enddef

# The text of lines. Vim represents a NUL byte as a line break within a line. It becomes "?" here, since a line break
# would shift all later lines.
def Text(buffer: number, first: number, last: any): string
  const lines = getbufline(buffer, first, last)
  return (match(lines, "\n") < 0 ? lines : lines->mapnew((_, line) => line->tr("\n", '?')))->join("\n") .. "\n"
enddef

# Whether a line of a buffer has a carriage return that isn't its last character. The daemon takes such a carriage
# return for the end of a line, so its line numbers differ from Vim's.
export def HasOtherLines(buffer: number): bool
  return match(getbufline(buffer, 1, '$'), "\r.") >= 0
enddef

# Returns the folder to which the names of files are relative when Claude reads them: the repository of the file or,
# without a repository, the folder of the file.
export def Folder(buffer: number): string
  const path = Path(buffer)
  const own = path == '' || path =~ '^\a[[:alnum:].+-]\+://' ? getcwd() : fnamemodify(path, ':h')
  var folder = own
  while folder != fnamemodify(folder, ':h') && getftype($'{folder}/.git') == ''
    folder = fnamemodify(folder, ':h')
  endwhile
  return getftype($'{folder}/.git') == '' ? own : folder
enddef

export def NameFolder(buffer: number)
  const folder = Folder(buffer)
  const named = [{uri: FileUri(folder), name: fnamemodify(folder, ':t')}]
  daemon.Notify('workspace/didChangeWorkspaceFolders', {event: {added: named, removed: named}})
enddef

export def FileUri(path: string): string
  return 'file://' .. path->Escaped('[^A-Za-z0-9/._~-]')
enddef

# Escapes unsafe characters byte by byte. Bytes that are not valid characters are escaped, too.
def Escaped(text: string, unsafe: string): string
  return text->substitute(unsafe, (m) => range(len(m[0]))
    ->mapnew((_, i) => printf('%%%02X', char2nr(strpart(m[0], i, 1))))->join(''), 'g')
enddef

defcompile  # compiles all functions now; the end of daemon.vim says why
