vim9script
# Code in a page: its colours and its text. The syntax files of a language are loaded when a page shows the
# first block in it, since some of them take longer than all of Aside.

const most_languages = 12
const names = {js: 'javascript', jsx: 'javascriptreact', ts: 'typescript', tsx: 'typescriptreact', py: 'python',
  rb: 'ruby', rs: 'rust', bash: 'sh', shell: 'sh', console: 'sh', 'c++': 'cpp', yml: 'yaml', 'c#': 'cs',
  golang: 'go', viml: 'vim', md: 'markdown', makefile: 'make', docker: 'dockerfile'}
const fence = '^\s*\zs\(`\{3,}\|\~\{3,}\)'

# Colours the languages of the blocks that begin in these lines. A page that no window shows is coloured when
# one does.
export def Colour(page: number, lines: list<string>)
  for window in win_findbuf(page)[: 0]
    for line in lines
      const word = line =~ fence ? matchstr(line, '^\s*[`~]\+\s*\zs[^`~ {]\+') : ''
      if word != ''
        win_execute(window, 'call aside#code#Include(' .. string(word) .. ')')
      endif
    endfor
  endfor
enddef

# Into the current buffer's syntax. `word` is what stands behind a fence.
export def Include(word: string)
  const lower = tolower(word)
  const language = get(names, lower, lower)
  const loaded = get(b:, 'aside_languages', [])
  if language !~ '^\w\+$' || index(loaded, lower) >= 0 || len(loaded) >= most_languages || !exists('b:current_syntax')
    return
  endif
  b:aside_languages = loaded + [lower]
  if globpath(&runtimepath, $'syntax/{language}.vim') == ''
    return
  endif
  unlet b:current_syntax
  try
    execute $'syntax include @aside_{language} syntax/{language}.vim'
  catch  # a language's own trouble is none of ours
  endtry
  b:current_syntax = 'aside'
  syntax case match
  syntax iskeyword clear
  syntax sync clear
  syntax sync fromstart
  const pattern = escape(word, '\.*^$~[]+#/')
  execute $'syntax region asideCode matchgroup=asideFence start="^\s*\z(`\{{3,}}\|\~\{{3,}}\)\s*{pattern}\>.*$"'
    .. $' end="^\s*\z1[`~]*\s*$" keepend contains=@aside_{language}'
enddef

# The code in the block that the cursor is in, without the indentation of its fence; none: []. A block is
# looked for within its section.
export def Block(): list<string>
  const here = line('.')
  const start = get(b:aside.sections->copy()->filter((_, s) => s.startLine < here), -1, {startLine: 0}).startLine
  var open = ''
  var first = 0
  var last = line('$')
  for lnum in range(start + 1, line('$'))
    const mark = matchstr(getline(lnum), fence)
    if open == '' && lnum > here
      return []
    elseif open == '' && mark != ''
      [open, first] = [mark, lnum + 1]
    elseif open != '' && stridx(mark, open) == 0 && getline(lnum) =~ '^\s*[`~]\+\s*$'
      if lnum >= here
        last = lnum - 1
        break
      endif
      open = ''
    endif
  endfor
  const indent = matchstr(getline(first - 1), '^\s*')
  return open == '' ? [] : getline(first, last)->map((_, line) => line->substitute($'^{indent}', '', ''))
enddef

defcompile  # the reason is in daemon.vim
