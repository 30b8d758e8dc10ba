vim9script
# :AsideSearch: shows hits in the quickfix list. An entry must have a buffer, so each hit gets a buffer of its own. The
# buffer's name, aside-hit://…, has all data that are needed to show the hit. Such a buffer is never displayed: when Vim
# reads it, the file and its conversation are shown instead.

import autoload 'aside/conversation.vim'
import autoload 'aside/daemon.vim'
import autoload 'aside/document.vim'
import autoload 'aside/file.vim'
import autoload 'aside/keys.vim'
import autoload 'aside/page.vim'

const max_hits = 200

# `words` are a query of conversation/search; a folder, which ends in a slash, may come before them. Without words, the
# conversations themselves are listed.
export def Find(mods: string, everywhere: bool, words: string)
  # In the quickfix window, "this file" is the file of the previous window.
  const here = conversation.Of(&buftype == 'quickfix' ? winbufnr(winnr('#')) : bufnr())
  const folder = words->matchstr('^\%(\\.\|\S\)*/\ze\%(\s\|$\)')
  const query = words[len(folder) :]->trim()
  const scope = folder != '' ? {folder: document.FolderUri(file.Absolute(file.Unescaped(folder)))}
    : everywhere ? {} : conversation.Document(here)
  const found = query == '' ? conversation.Answer('conversation/list', scope->extendnew({limit: max_hits}))
    : conversation.Answer('conversation/search', scope->extendnew({limit: max_hits, query: query}))
  const hits: list<dict<any>> = found->get('hits', found->get('conversations', []))
  if hits != []
    # Several files may show the conversation of a hit. If this file was searched, the hit leads to this file.
    const own = scope->has_key('textDocument') ? {uri: here.uri} : {}
    setqflist([], ' ', {title: $':AsideSearch{everywhere ? "!" : ""} {words}',
      items: hits->mapnew((_, hit) => Entry(hit->extendnew(own)))})
    execute mods ?? 'botright' 'copen' min([len(hits), &lines / 4, 10])
  elseif found != {}
    const place = $' about {folder ?? document.Name(here.source)}; :AsideSearch! looks everywhere'
    daemon.Complain($'nothing is found{scope == {} ? "" : place}')
  endif
enddef

# Completes a folder as the first word.
export def Complete(lead: string, line: string, cursor: number): list<string>
  const first = line[: cursor - 1] =~ '^\A*\a\+!\=\s\+\%(\\.\|\S\)*$'
  return first ? file.Complete(lead, '/$') : []
enddef

# Called while Vim jumps to a hit: shows the hit right after the jump.
export def Read(hit: number)
  setlocal bufhidden=unload noswapfile nobuflisted nomodifiable
  if bufname('#') !~ '^aside-hit:'  # otherwise the previous jump was not finished
    w:aside_before = bufnr('#')
  endif
  execute $'autocmd SafeState * ++once ++nested call aside#search#Show({hit})'
enddef

# Shows the file in the window of the jump, and its conversation in the page. Puts the cursor on the hit's turn in the
# page.
export def Show(hit: number)
  const windows = win_findbuf(hit)
  if windows == []  # typed keys have left the hit already
    return
  endif
  const [_, uri, id, turn, reply; _] = bufname(hit)->matchlist('//\(.*\)/\([^/]*\)/\([^/]*\)/\([^/]*\)$')
  const source = document.Buffer(uri)
  const here = page.Make(conversation.Of(document.Make(uri)))
  win_gotoid(windows[0])
  const before = get(w:, 'aside_before')
  if bufexists(before) && getbufvar(before, '&buftype') != 'quickfix'
    execute 'silent keepalt buffer' before
  endif
  if source > 0
    keys.Enter(source)
  elseif bufnr() == hit
    execute 'silent buffer' here.page
  endif
  page.Show(here, '')
  win_gotoid(bufwinid(here.page))
  conversation.Synchronise(here)
  const opened = conversation.Answer('conversation/open', conversation.Document(here)->extend({conversation: id}))
  if reply != '' && opened != {} && (opened.turns + opened->get('sides', []))->mapnew((_, shown) => shown.turn)->index(turn) < 0
    conversation.Answer('conversation/select', {conversation: id, turn: reply, onward: true})
  endif
  conversation.Refresh(here)
  daemon.Await(() => !here.fetching)
  if opened != {} && (turn == '' || page.GoTo(here, turn))  # otherwise an error message was shown
    const list = getqflist({idx: 0, size: 0})
    daemon.Inform($'({list.idx} of {list.size}) {here.title}')
  endif
enddef

def Entry(hit: dict<any>): dict<any>
  const title = printf('%.40S', hit.title ?? '(nothing asked yet)')
  const [time, text] = hit->has_key('turn') ? [hit.created, $'{title}: {hit.snippet}']
    : [hit.updated, $'{title} ({hit.turns} turns)']
  # The file's name must not come last: another plugin might take the buffer for its own file, such as a *.zip.
  const place = [hit.uri, hit.conversation, hit->get('turn', ''), hit->get('reply', '')]->join('/')
  return {bufnr: bufadd($'aside-hit://{place}'), module: document.Label(hit.uri), valid: true,
    text: $'{time[: 9]} {text}'}
enddef

defcompile  # compiles all functions now; the end of daemon.vim says why
