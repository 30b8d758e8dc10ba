vim9script
# Completion for questions: files after an @, and names of prompts at the beginning. In the prompt buffer this is Insert
# mode's completion. It starts while the user types, or when the user presses CTRL-X CTRL-U. The daemon finds files by some
# letters of their names. The menu opens when the daemon's answer arrives, so typing doesn't wait.

import autoload 'aside/conversation.vim'
import autoload 'aside/daemon.vim'
import autoload 'aside/document.vim'
import autoload 'aside/file.vim'
import autoload 'aside/mention.vim'
import autoload 'aside/prompt.vim'

const max_offered = 100

var prompts: list<dict<any>> = []  # the last list that the daemon has sent
var found: dict<any> = {base: '', items: []}  # the files that the daemon has found last, for the next menu
var finding: list<number> = []  # the numbers of the last requests for files

# Requests the list of prompts. Called when the user is about to write a question.
export def FetchPrompts()
  daemon.Request('prompt/list', {}, (answer) => {
    prompts = answer->get('result', {prompts: []}).prompts
  })
enddef

# Whether a question begins with the name of a prompt whose text is about code.
export def NeedsCode(question: string): bool
  const name = question->matchstr('^/\zs\S\+')
  if name != '' && prompts == []
    prompts = daemon.Answer('prompt/list', {})->get('result', {prompts: []}).prompts
  endif
  return prompts->copy()->filter((_, p) => p.name == name && p->get('needsCode', false)) != []
enddef

# 'completefunc' of the prompt.
export def Complete(find_start: bool, base: string): any
  return find_start ? Start() : base[0] != '@' ? Prompts(base) : {words: Found(base), refresh: 'always'}
enddef

# Opens the menu if the typed text can be completed. The menu opens only once for the same text, so that it stays closed
# after CTRL-E.
export def Offer()
  const start = complete_info(['mode']).mode != '' ? -3 : Start()
  const base = start < 0 ? '' : getline('.')[start : col('.') - 2]
  if base != get(b:, 'aside_offered', '')
    b:aside_offered = base
    if base[0] == '@'
      Find(base)
    elseif base != ''
      Open(Complete(false, base), base)
    endif
  endif
enddef

# Opens the menu with these items, unless there is nothing to be chosen.
def Open(items: list<dict<any>>, base: string)
  if items->copy()->filter((_, item) => item.word != base || item->has_key('user_data')) != []
    # Always show the menu, even for one item, and insert nothing before the user chooses an item. A buffer can have its
    # own 'completeopt' only in 9.1.
    const before = &completeopt
    set completeopt=menuone,noselect
    execute $'autocmd CompleteDone * ++once &completeopt = {string(before)}'
    feedkeys("\<C-x>\<C-u>", 'n')
  endif
enddef

# Called when the menu is closed. If a pattern or a folder was chosen, shows its files.
export def Done()
  const data = v:completed_item->get('user_data', '')
  if type(data) == v:t_dict && data->has_key('group')
    mention.Choose(data)
  endif
enddef

# Returns the requests whose answers make up the menu for a word: the parameters by method.
def Requests(base: string): dict<any>
  if !daemon.MayHave('find')
    return {}
  endif
  const source: number = b:aside.source
  document.NameFolder(source)
  const find = conversation.Document(b:aside)->extend({query: file.Unescaped(base[1 :]), limit: max_offered,
    folder: document.FileUri(document.Folder(source))})
  # A word means several files only if it has one of these characters.
  return {'attachment/find': find}
    ->extend(base =~ '[*?[/]' && daemon.MayHave('named') ? {'attachment/named': mention.Params(base)} : {})
enddef

# Cancels the previous search, and asks the daemon for the files for `base`. When they arrive, the menu opens, unless
# the user has typed more meanwhile. If the word is the whole name of a file, no menu opens: the user has typed all of
# it, or has chosen it from a menu.
def Find(base: string)
  const buffer = bufnr()
  for id in finding
    daemon.Cancel(id)
  endfor
  const requests = Requests(base)
  final answers: dict<any> = {}
  finding = requests->items()->mapnew((_, request) => daemon.Request(request[0], request[1], (answer) => {
    answers[request[0]] = answer
    if len(answers) < len(requests) || answers['attachment/find']->has_key('error')
      return
    endif
    found = {base: base, items: Items(base, answers)}
    const start = bufnr() == buffer && mode() == 'i' ? Start() : -3
    const whole = found.items->copy()->filter((_, item) => item.word == base && !item->has_key('user_data')) != []
    if start >= 0 && !whole && getline('.')[start : col('.') - 2] == base
      Open(found.items, base)
    endif
  }))
enddef

# Returns the items of the menu for a word. If the last search was for another word, asks the daemon and waits.
def Found(base: string): list<dict<any>>
  if found.base != base
    found = {base: base, items: Items(base, Requests(base)->map((method, params) => daemon.Answer(method, params)))}
  endif
  return found.items
enddef

# Returns the items of the menu. If the typed word is a pattern or a folder, it is the first item. Names that can't be
# typed are left out.
def Items(base: string, answers: dict<any>): list<dict<any>>
  const named: list<dict<any>> = answers->get('attachment/named', {})->get('result', {})->get('names', [])
  return named->copy()->filter((_, one) => one->has_key('group') && $'@{one.word}' == base)
    ->mapnew((_, one) => ({word: base, abbr: one.word, menu: 'shows its files', user_data: one}))
    + answers->get('attachment/find', {})->get('result', {})->get('files', [])
    ->filter((_, row) => row.name !~ '[[:cntrl:]\ufffd]')
    ->mapnew((_, row) => ({word: '@' .. escape(row.name, ' \'), abbr: row.name}))
enddef

# Completes the names of prompts on the command line.
export def Question(lead: string, line: string, cursor: number): list<string>
  if line[: cursor - 1] !~ '^[^/]*\a\+!\=\s\+/\S*$'
    return []
  endif
  prompts = daemon.Answer('prompt/list', {})->get('result', {prompts: []}).prompts
  return Prompts(lead)->mapnew((_, item): string => item.word)
enddef

def Start(): number
  const before = getline('.')->strpart(0, col('.') - 1)
  const at = match(before, mention.word_before)
  return at >= 0 ? at : before =~ '^/\S*$' && prompt.Question(bufnr())->trim("\n")->stridx(before) == 0 ? 0 : -3
enddef

def Prompts(base: string): list<dict<any>>
  return prompts->copy()->filter((_, p) => stridx($'/{p.name}', base) == 0)
    ->mapnew((_, p) => ({word: $'/{p.name}', menu: strtrans(p->get('problem', p.description))}))
enddef

defcompile  # compiles all functions now; the end of daemon.vim says why
