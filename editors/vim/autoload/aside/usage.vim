vim9script
# :AsideUsage: shows used tokens and their cost in a window, or writes them as CSV. The table comes from the daemon.

import autoload 'aside/conversation.vim'
import autoload 'aside/daemon.vim'
import autoload 'aside/file.vim'
import autoload 'aside/scratch.vim'

const columns = ['day', 'month', 'file', 'model', 'conversation']

# `typed` has the columns by which to group and, optionally, the file to write.
export def Show(mods: string, overwrite: bool, typed: string)
  final words: list<string> = file.Words(typed)
  const by = words->copy()->filter((_, word) => index(columns, word) >= 0)
  const files = words->copy()->filter((_, word) => index(columns, word) < 0)
  const params: dict<any> = by == [] ? {} : {by: by}
  if files == []
    const report = conversation.Answer('usage/report', params)
    if report != {}
      scratch.Open(mods ?? 'botright', 'Used tokens, at list prices', split(report.text, "\n"))
      setlocal nowrap nonumber norelativenumber
    endif
  elseif len(files) > 1 || files[0] !~ '\.csv$'
    daemon.Complain($'{files[0]} is neither one of {columns->join(", ")} nor a file that ends in .csv')
  elseif file.Writable(file.Path(files[0]), overwrite, ':AsideUsage!')
    const report = conversation.Answer('usage/report', params->extendnew({format: 'csv'}))
    if report != {}
      file.Write(file.Path(files[0]), report.text, 'the table')
    endif
  endif
enddef

export def Complete(lead: string, _: string, _: number): list<string>
  return columns->copy()->filter((_, word) => stridx(word, lead) == 0)
    + file.Complete(lead, '\.csv$')
enddef

defcompile  # compiles all functions now; the end of daemon.vim says why
