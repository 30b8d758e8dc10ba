vim9script
# Code blocks in a page: their highlighting and their text. The syntax file of a language is loaded when a page shows its
# first block, since some of these files take longer than all of Aside.

const max_languages = 12
# The languages that may be loaded. Other names could load a script in syntax/ that turns syntax off in all of Vim or
# opens windows.
const languages = split('ada asm awk c clojure cmake conf cpp crystal cs csh css cuda d dart diff dockerfile dosini dot '
  .. 'elixir elm erlang fish fortran fsharp gitcommit gitconfig gleam glsl go gomod graphql groovy haskell haxe hcl html '
  .. 'htmldjango java javascript javascriptreact jinja json json5 jsonc julia kotlin less lisp llvm lua m4 make markdown '
  .. 'matlab meson nasm nginx nim ninja nix objc objcpp ocaml octave pascal perl php plsql prolog proto ps1 purescript '
  .. 'python r racket raku rst ruby rust sass scala scheme scss sed sh sml solidity sql svelte swift systemd systemverilog '
  .. 'tcl terraform tex toml typescript typescriptreact verilog vhdl vim vue wast xml yacc yaml zig zsh')
const names = {js: 'javascript', jsx: 'javascriptreact', ts: 'typescript', tsx: 'typescriptreact', py: 'python',
  rb: 'ruby', rs: 'rust', bash: 'sh', shell: 'sh', console: 'sh', 'c++': 'cpp', yml: 'yaml', 'c#': 'cs',
  csharp: 'cs', golang: 'go', viml: 'vim', md: 'markdown', makefile: 'make', docker: 'dockerfile', ini: 'dosini',
  latex: 'tex', protobuf: 'proto', powershell: 'ps1', 'objective-c': 'objc', 'objective-cpp': 'objcpp', hs: 'haskell'}
const fence = '^\s*\zs\(`\{3,}\|\~\{3,}\)'

# Loads the syntax for the blocks that begin in these lines. If no window shows the page, this does nothing: the syntax
# is loaded when a window shows the page.
export def Colour(page: number, lines: list<string>)
  for window in win_findbuf(page)[: 0]
    for line in lines
      const word = line =~ fence ? matchstr(line, '^\s*[`~]\+\s*\zs[^`~ {]\+') : ''
      if Language(word) != ''
        win_execute(window, 'call aside#code#Include(' .. string(word) .. ')')
      endif
    endfor
  endfor
enddef

# Adds a language to the current buffer's syntax. `word` is the word after a fence.
export def Include(word: string)
  const language = Language(word)
  const loaded = get(b:, 'aside_languages', [])
  if language == '' || index(loaded, tolower(word)) >= 0 || len(loaded) >= max_languages || !exists('b:current_syntax')
    return
  endif
  b:aside_languages = loaded + [tolower(word)]
  if globpath(&runtimepath, $'syntax/{language}.vim') == ''
    return
  endif
  const before = {iskeyword: &l:iskeyword, commentstring: &l:commentstring}  # some syntax files set these options
  unlet b:current_syntax
  try
    execute $'syntax include @aside_{language} syntax/{language}.vim'
  catch  # an error in a syntax file doesn't matter
  endtry
  b:current_syntax = 'aside'
  &l:iskeyword = before.iskeyword
  &l:commentstring = before.commentstring
  syntax case match
  syntax iskeyword clear
  syntax sync clear
  syntax sync fromstart
  const pattern = escape(word, '\.*^$~[]+#/')
  execute $'syntax region asideCode matchgroup=asideFence start="^\s*\z(`\{{3,}}\|\~\{{3,}}\)\s*{pattern}\>.*$"'
    .. $' end="^\s*\z1[`~]*\s*$" keepend contains=@aside_{language}'
enddef

# Returns the language that a word after a fence names; '' if that language must not be loaded.
export def Language(word: string): string
  const language = names->get(tolower(word), tolower(word))
  return languages->index(language) < 0 ? '' : language
enddef

# Returns the lines of the code block that the cursor is in, without the indentation of the block's fence; [] if the
# cursor is in no block. The search begins at the start of the section, so that an unclosed block of an earlier section
# has no effect.
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

defcompile  # compiles all functions now; the end of daemon.vim says why
