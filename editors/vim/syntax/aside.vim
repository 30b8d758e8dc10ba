" Markdown as Claude writes it, without anything that is slow. autoload/aside/code.vim adds the syntax of languages in
" code blocks.
if exists('b:current_syntax')
  finish
endif

syntax match  asideHeading    "^#\{1,6} .*$" contains=asideCodeSpan
syntax match  asideQuote      "^> .*$\|^>$"
syntax match  asideListMark   "^\s*\%([-*+]\|\d\{1,9}[.)]\)\s"
syntax match  asideRule       "^\s*\%(-\{3,}\|\*\{3,}\|_\{3,}\)\s*$"
syntax match  asideCodeSpan   "`\@1<!\(`\{1,2}\)`\@!.\{-1,500}`\@1<!\1`\@!"
syntax match  asideStrong     "\*\*\S\@=.\{-1,500}\S\@1<=\*\*" contains=asideCodeSpan
syntax match  asideEmphasis   "[*[:alnum:]]\@1<!\*[* ]\@!.\{-1,500}[* ]\@1<!\*\*\@!" contains=asideCodeSpan
syntax match  asideLink       "\[[^]]\{1,200}\]([^)]\{1,500})"
syntax region asideCode       matchgroup=asideFence start="^\s*\z(`\{3,}\|\~\{3,}\).*$" end="^\s*\z1[`~]*\s*$" keepend
syntax sync fromstart

highlight default link asideHeading  Title
highlight default link asideQuote    Comment
highlight default link asideListMark Statement
highlight default link asideRule     PreProc
highlight default link asideCodeSpan String
highlight default link asideFence    Comment
highlight default link asideLink     Underlined
highlight default asideStrong   term=bold cterm=bold gui=bold
highlight default asideEmphasis term=italic cterm=italic gui=italic

let b:current_syntax = 'aside'
