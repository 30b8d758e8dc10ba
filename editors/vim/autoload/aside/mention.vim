vim9script
# Handles the names after an @ in a question; the daemon says what they mean. A file is listed among the attachments as
# soon as its name is finished. For a pattern or a folder, as in "@src/*.h" or "@src/", the user first sees the list of its
# files and their price, as with :AsideAdd. The list is shown when the pattern is chosen from the menu, or else before the
# question is sent. The names stay in the text of the question.

import autoload 'aside/add.vim' as adding
import autoload 'aside/attachment.vim'
import autoload 'aside/daemon.vim'
import autoload 'aside/document.vim'
import autoload 'aside/prompt.vim'

export const word_before = '\%(^\|[[:space:]("]\)\zs@\%(\\.\|\S\)*$'

# The last request for names: its id (0 if nothing was sent), the text, the conversation (`here`), and the answer ({} before
# it has arrived).
var asked: dict<any> = {id: 0, text: '', here: {}, answer: {}}
var warned = ''  # the text for which the user was told that its names can't be looked up

# Lists the files that the question in this prompt names, so that the user sees what will be sent. Each file is listed
# once: if the user deletes a file from the list, the file isn't listed again as long as the question names it. When the
# question changes, a new request supersedes the last one. If `again` is true, a new one is sent even if nothing has changed.
export def Update(again = false)
  final now: dict<any> = {id: 0, text: Text(), here: b:aside, answer: {}}
  if !again && now.text == asked.text && now.here is asked.here
    return
  endif
  daemon.Cancel(asked.id)
  asked = now
  if now.text == ''
    StageFiles(now, {result: {names: []}})
    now.here.groups = []
  elseif daemon.MayHave('named')
    now.id = daemon.Request('attachment/named', Params(now.text), (answer) => StageFiles(now, answer))
  endif
enddef

# Lists all files that the question names. For each pattern and folder that was not shown before, shows its files, and adds
# them if the user says yes. Returns a text for the user that says what was not added and why; '' if everything was added, or
# if the user was already told that the names can't be looked up.
export def StageAll(): string
  final older = {error: {message: $'{daemon.Command()[0]} is older than this plugin and can''t find files after @: update it'}}
  const knows = daemon.Knows('named')
  Update(true)
  daemon.Await(() => asked.answer != {} || asked.id == 0)
  const answer: dict<any> = knows || asked.text == '' ? asked.answer : older
  if !answer->has_key('result')
    const again = warned == asked.text
    warned = asked.text
    return again ? '' : answer->get('error', {message: 'the daemon is silent'}).message .. '.'
  endif
  final groups: list<dict<any>> = answer.result.names->copy()->filter((_, name) => name->has_key('group'))
  const before: list<string> = b:aside.groups
  b:aside.groups = groups->mapnew((_, name) => name.word)
  return groups->filter((_, name) => before->index(name.word) < 0)->mapnew((_, name) => Offer(name))
    ->filter((_, complaint) => complaint != '')->join(' ')
enddef

# Shows the files of a pattern or a folder that was chosen from the menu, and adds them if the user says yes.
export def Choose(name: dict<any>)
  b:aside.groups += [name.word]
  const complaint = Offer(name)
  if complaint != ''
    daemon.Complain(complaint)
  endif
enddef

# The parameters of attachment/named.
export def Params(text: string): dict<any>
  return {text: text, folders: [document.Folder(b:aside.source), getcwd()]->mapnew((_, folder) => document.FileUri(folder))}
enddef

# Returns the lines of the question that may hold names after an @. In Insert mode the word that ends at the cursor is left
# out, since the user may still be typing it.
def Text(): string
  const [before, rest] = [getline('.')->strpart(0, col('.') - 1), getline('.')->strpart(col('.') - 1)]
  const typed = mode() == 'i' && rest !~ '^\S' ? before->matchstr(word_before) : ''
  return range(1, line('$'))->filter((_, lnum) => !prompt.IsListed(lnum))
    ->mapnew((_, lnum) => lnum == line('.') ? strpart(before, 0, len(before) - len(typed)) .. rest : getline(lnum))
    ->filter((_, line) => line =~ '\%(^\|[[:space:]("]\)@\S')->join("\n")
enddef

# Lists the new files of an answer, unless the request was superseded.
def StageFiles(request: dict<any>, answer: dict<any>)
  request.answer = answer
  if request isnot asked || !answer->has_key('result')
    return
  endif
  final files = answer.result.names->copy()->filter((_, name) => name->has_key('attachment'))->mapnew((_, name) => name.attachment)
  const before: list<dict<any>> = request.here.mentioned
  request.here.mentioned = files
  for file in files->copy()->filter((_, file) => before->index(file) < 0)
    prompt.Stage(attachment.Of(file))
  endfor
enddef

# Adds the files of a pattern or a folder if the user says yes to the list. Returns a text about the files that were not
# added; '' if all were added.
def Offer(name: dict<any>): string
  const [files, refused] = adding.Expand(name.word, name.group)
  for row in files
    prompt.Stage(adding.Row(row), row)
  endfor
  return refused != [] ? refused->join(' ') : files == [] ? $'the files of {name.word->strtrans()} were not added.' : ''
enddef

defcompile  # compiles all functions now; the end of daemon.vim says why
