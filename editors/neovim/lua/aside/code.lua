-- Code blocks in a page: their highlighting and their text. The syntax file of a language is loaded when a page shows
-- its first block. If Neovim has tree-sitter's parser for Markdown, its highlighting is drawn over that of the syntax
-- files.

local M = {}

local api = vim.api

local max_languages = 12
local max_parsed = 16 * 1024 -- bytes
-- The languages that may be loaded. Other names could load a script in syntax/ that turns syntax off everywhere or opens windows.
local languages = {}
for language in
  ([[
  ada asm awk c clojure cmake conf cpp crystal cs csh css cuda d dart diff dockerfile dosini dot elixir elm erlang fish fortran
  fsharp gitcommit gitconfig gleam glsl go gomod graphql groovy haskell haxe hcl html htmldjango java javascript
  javascriptreact jinja json json5 jsonc julia kotlin less lisp llvm lua m4 make markdown matlab meson nasm nginx nim ninja nix
  objc objcpp ocaml octave pascal perl php plsql prolog proto ps1 purescript python r racket raku rst ruby rust sass scala
  scheme scss sed sh sml solidity sql svelte swift systemd systemverilog tcl terraform tex toml typescript typescriptreact
  verilog vhdl vim vue wast xml yacc yaml zig zsh]]):gmatch('%S+')
do
  languages[language] = true
end
local names = {
  js = 'javascript', jsx = 'javascriptreact', ts = 'typescript', tsx = 'typescriptreact', py = 'python', rb = 'ruby',
  rs = 'rust', bash = 'sh', shell = 'sh', console = 'sh', ['c++'] = 'cpp', yml = 'yaml', ['c#'] = 'cs', csharp = 'cs',
  golang = 'go', viml = 'vim', md = 'markdown', makefile = 'make', docker = 'dockerfile', ini = 'dosini', latex = 'tex',
  protobuf = 'proto', powershell = 'ps1', ['objective-c'] = 'objc', ['objective-cpp'] = 'objcpp', hs = 'haskell',
} -- stylua: ignore

--- Returns the language that a word after a fence names; nil if that language must not be loaded.
function M.language(word)
  local language = names[word:lower()] or word:lower()
  return languages[language] and language or nil
end

--- Returns the indentation and the fence that a line begins with.
local function fence(line)
  local indent, mark = line:match('^(%s*)(```+)')
  if not mark then
    indent, mark = line:match('^(%s*)(~~~+)')
  end
  return indent, mark
end

--- Adds a language to the syntax of the current buffer.
local function include(word, language)
  local loaded = vim.b.aside_languages or {}
  if vim.list_contains(loaded, word:lower()) or #loaded >= max_languages or not vim.b.current_syntax then
    return
  end
  table.insert(loaded, word:lower())
  vim.b.aside_languages = loaded
  local file = 'syntax/' .. language .. '.vim'
  if #api.nvim_get_runtime_file(file, false) == 0 then
    return
  end
  local iskeyword, commentstring = vim.bo.iskeyword, vim.bo.commentstring -- some syntax files set these options
  vim.b.current_syntax = nil
  -- An error in a syntax file doesn't matter.
  pcall(vim.cmd.syntax, { 'include', '@aside_' .. language, file })
  vim.b.current_syntax = 'aside'
  vim.bo.iskeyword, vim.bo.commentstring = iskeyword, commentstring
  vim.cmd.syntax({ 'case', 'match' })
  vim.cmd.syntax({ 'iskeyword', 'clear' })
  vim.cmd.syntax({ 'sync', 'clear' })
  vim.cmd.syntax({ 'sync', 'fromstart' })
  local pattern = vim.fn.escape(word, [[\.*^$~[]+#/]])
  vim.cmd.syntax({
    'region', 'asideCode', 'matchgroup=asideFence',
    ([[start="^\s*\z(`\{3,}\|\~\{3,}\)\s*%s\>.*$"]]):format(pattern),
    [[end="^\s*\z1[`~]*\s*$"]], 'keepend', 'contains=@aside_' .. language,
  }) -- stylua: ignore
end

--- Loads the syntax for the blocks that begin in these lines. If no window shows the page, this does nothing: the syntax is loaded
--- when a window shows the page.
function M.colour(buffer, lines)
  local window = vim.fn.win_findbuf(buffer)[1]
  if not window then
    return
  end
  for _, line in ipairs(lines) do
    if fence(line) then
      local word = line:match('^%s*[`~]+%s*([^`~ {]+)')
      local language = word and M.language(word)
      if language then
        api.nvim_win_call(window, function()
          include(word, language)
        end)
      end
    end
  end
end

local function is_large(buffer)
  return api.nvim_buf_get_offset(buffer, api.nvim_buf_line_count(buffer)) > max_parsed
end

--- Turns on tree-sitter's highlighting of a page, over that of the syntax files. These colour the languages without a
--- parser. Tree-sitter takes a millisecond for each 1 kB of a page whenever the page has changed. So it parses a page
--- only when nothing is being written there, and only if the page isn't large. While a reply is written, the text above
--- it keeps its colours.
local function parse(buffer)
  local here = require('aside.conversation').known(buffer)
  local found, parser = pcall(vim.treesitter.get_parser, buffer, 'markdown')
  if not here or not found then
    return
  end
  local parse_all = parser.parse
  function parser.parse(...)
    if is_large(buffer) then
      vim.schedule(function()
        if vim.treesitter.highlighter.active[buffer] then
          parser.parse = nil
          vim.treesitter.stop(buffer)
          vim.bo[buffer].syntax = 'aside'
        end
      end)
    elseif here.state == '' then
      return parse_all(...)
    end
    return parser:trees()
  end
  vim.treesitter.start(buffer, 'markdown')
  vim.bo[buffer].syntax = 'aside' -- start() has turned the syntax off
end

--- Called when a window begins to show a page: turns its colours on.
function M.show(buffer)
  if not vim.treesitter.highlighter.active[buffer] and not is_large(buffer) then
    parse(buffer)
  end
  M.colour(buffer, api.nvim_buf_get_lines(buffer, 0, -1, false))
end

--- Returns the lines of the code block that the cursor is in, without the indentation of the block's fence; nil if the cursor is
--- in no block. The search begins at the start of the section, so that an unclosed block of an earlier section has no effect.
function M.block(section)
  local cursor = vim.fn.line('.')
  local lines = api.nvim_buf_get_lines(0, 0, -1, false)
  local open, first, outer
  for number = section.startLine + 1, #lines do
    local indent, mark = fence(lines[number])
    if not open and number > cursor then
      return nil
    elseif not open and mark then
      open, first, outer = mark, number + 1, indent
    elseif open and mark and vim.startswith(mark, open) and lines[number]:find('^%s*[`~]+%s*$') then
      if number >= cursor then
        lines = vim.list_slice(lines, first, number - 1)
        return vim.tbl_map(function(line)
          return vim.startswith(line, outer) and line:sub(#outer + 1) or line
        end, lines)
      end
      open = nil
    end
  end
  return open and vim.tbl_map(function(line)
    return vim.startswith(line, outer) and line:sub(#outer + 1) or line
  end, vim.list_slice(lines, first))
end

return M
