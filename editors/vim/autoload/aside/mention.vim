vim9script
# Handles the names after an @ in a question. A file is listed among the attachments as soon as its name is finished.
# For a pattern or a folder, as in "@src/*.h" or "@src/", the user first sees the list of its files and their price, as
# with :AsideAdd. The list is shown when the pattern is chosen from the menu, or else before the question is sent. The
# names stay in the text of the question.

import autoload 'aside/add.vim' as adding
import autoload 'aside/attachment.vim'
import autoload 'aside/daemon.vim'
import autoload 'aside/document.vim'
import autoload 'aside/file.vim'
import autoload 'aside/prompt.vim'

const pattern = '\%(^\|[[:space:]("]\)@\zs\%(\\.\|\S\)\+'

# Lists the files that the question in this prompt names, so that the user sees what will be sent. Each file is listed once: if
# the user deletes a file from the list, the file isn't listed again as long as the question names it. In Insert mode the word at
# the cursor is skipped, since the word may not be complete yet.
export def StageFiles()
  const typed = mode() == 'i' ? [line('.'), col('.') - 1] : []
  const named = Words(typed)->mapnew((_, word) => Trimmed(word, File))->filter((_, row) => row != {})
  const before: list<string> = b:aside.mentioned
  b:aside.mentioned = named->mapnew((_, row) => row.label)
  for row in named
    if before->index(row.label) < 0
      prompt.Stage(row)
    endif
  endfor
enddef

# For each pattern and folder in the question that was not shown before, shows its files, and adds them if the user says
# yes. Returns a text for the user that says what was not added and why; '' if everything was added.
export def StageGroups(): string
  if !daemon.Knows('find')
    return ''
  endif
  final named = Words([])->mapnew((_, word) => Trimmed(word, Group))->filter((_, group) => group != {})
  const before: list<string> = b:aside.groups
  b:aside.groups = named->mapnew((_, group) => group.word)
  return named->filter((_, group) => before->index(group.word) < 0)->mapnew((_, group) => Offer(group))
    ->filter((_, complaint) => complaint != '')->join(' ')
enddef

# Whether the menu should offer to show the files of this typed word.
export def IsGroup(word: string): bool
  return daemon.HasFlag('find') && Group(word) != {}
enddef

# Does the same as StageGroups(), but for one word, which was chosen from the menu.
export def Choose(word: string)
  b:aside.groups += [word]
  const complaint = Offer(Group(word))
  if complaint != ''
    daemon.Complain(complaint)
  endif
enddef

# The folders in which the names in a question are looked up.
export def Folders(): list<string>
  return [document.Folder(b:aside.source), getcwd()]
enddef

# Returns the words after an @ in the question, as typed, without the word that ends at `except` (a line and a column).
def Words(except: list<number>): list<string>
  final words: list<string> = []
  for lnum in range(1, line('$'))
    var [word, start, end] = getline(lnum)->matchstrpos(pattern)
    while start >= 0
      if [lnum, end] != except && !prompt.IsListed(lnum)
        words->add(word)
      endif
      [word, start, end] = getline(lnum)->matchstrpos(pattern, end)
    endwhile
  endfor
  return words
enddef

# Returns what the function `Meaning` returns for a word. While that is {}, tries again without the punctuation at the
# end of the word, since the punctuation may belong to the sentence.
def Trimmed(typed: string, Meaning: func(string): dict<any>): dict<any>
  var word = typed
  var found = Meaning(word)
  while found == {} && word =~ '[.,;:!?)"'']$'
    word = word[: -2]
    found = Meaning(word)
  endwhile
  return found
enddef

def File(typed: string): dict<any>
  return attachment.Named(file.Unescaped(typed), Folders())
enddef

# Returns the typed word and the `params` of attachment/expand for it; {} if the word names a file or is only a word.
# Since people write much else with an @, a pattern must have a slash or a dot, and a folder must end in a slash.
def Group(typed: string): dict<any>
  if typed !~ '[/.]' || typed !~ '\%(^\|[^\\]\)[*?[]\|./$' || typed =~ '[.,;:!?)"'']$' || File(typed) != {}
    return {}
  endif
  const params = typed =~ '^\~\=/' ? file.Group(typed) : {folder: document.FileUri(Folders()[0]), pattern: typed}
  return params == {} ? {} : {word: typed, params: params}
enddef

# Adds the files of a pattern or a folder if the user says yes to the list. Returns a text about the files that were not
# added; '' if all were added.
def Offer(group: dict<any>): string
  const [files, refused] = adding.Expand(group.word, group.params)
  for row in files
    prompt.Stage(adding.Row(row), row)
  endfor
  return refused != [] ? refused->join(' ') : files == [] ? $'the files of {group.word->strtrans()} were not added.' : ''
enddef

defcompile  # compiles all functions now; the end of daemon.vim says why
