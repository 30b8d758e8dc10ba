-- Declares Aside's commands and maps. The rest is in lua/aside/, which is loaded by the first command.
if vim.g.loaded_aside then
  return
end
vim.g.loaded_aside = 1

-- Each row has the command's name, its function as "module.function", and the options of its declaration. The function
-- is called with the table that Neovim passes to a command. If the row names fields of that table, as
-- "history.new(mods)" does, the function is called with the values of these fields instead. `complete` names a function
-- in the same way.
local commands = {
  { 'Aside', 'init.ask', { nargs = '*', range = true, bang = true, complete = 'completion.question' } },
  { 'AsidePreview', 'init.preview', { nargs = '*', range = true, bang = true, complete = 'completion.question' } },
  { 'AsideAdd', 'add.add', { nargs = '*', range = true, bar = true, complete = 'add.complete' } },
  { 'AsideRewrite', 'init.rewrite', { nargs = '*', range = true, complete = 'completion.question' } },
  { 'AsideBtw', 'init.btw', { nargs = '*', range = true, complete = 'completion.question' } },
  { 'AsideWanted', 'wanted.add', { bar = true, bang = true } },
  { 'AsideHere', 'marks.go', { bar = true } },
  { 'AsideApply', 'apply.apply', { bar = true } },
  { 'AsideOpen', 'init.open', { bar = true } },
  { 'AsideStop', 'branches.stop', { bar = true } },
  { 'AsideRetry', 'branches.retry(mods)', { bar = true } },
  { 'AsideContinue', 'branches.continue(mods)', { bar = true } },
  { 'AsideUndo', 'branches.undo(mods)', { bar = true } },
  { 'AsideRedo', 'branches.redo(mods)', { bar = true } },
  { 'AsideEdit', 'branches.edit(mods)', { bar = true } },
  { 'AsideNext', 'branches.next(mods)', { bar = true } },
  { 'AsidePrevious', 'branches.previous(mods)', { bar = true } },
  { 'AsideNew', 'history.new(mods)', { bar = true } },
  { 'AsideHealth', 'health.show', { bar = true } },
  { 'AsideDelete', 'history.delete(mods, bang)', { bar = true, bang = true } },
  { 'AsideExport', 'history.export(bang, args)', { nargs = 1, bang = true, complete = 'history.complete_file' } },
  { 'AsideImport', 'history.import(mods, args)', { nargs = 1, complete = 'history.complete_file' } },
  { 'AsideFork', 'history.fork(mods, args)', { nargs = '*', complete = 'history.complete_title' } },
  { 'AsideRename', 'history.rename(mods, args)', { nargs = '*', complete = 'history.complete_title' } },
  { 'AsideThreads', 'history.choose(mods, bang, args)', { nargs = '*', bang = true, complete = 'history.complete' } },
  { 'AsideSearch', 'search.find(mods, bang, args)', { nargs = '*', bang = true, complete = 'search.complete' } },
  { 'AsideKey', 'init.key', { bar = true } },
  { 'AsideModel', 'init.model', { nargs = '*', complete = 'init.complete_model' } },
  { 'AsideCompact', 'init.compact', { nargs = '*' } },
  { 'AsideUsage', 'usage.show(mods, bang, args)', { nargs = '*', bang = true, complete = 'usage.complete' } },
  { 'AsideInstructions', 'instructions.show(mods, args)', { nargs = '?', complete = 'instructions.complete' } },
}

if vim.fn.has('nvim-0.10') == 0 then
  for _, command in ipairs(commands) do
    vim.cmd(
      'command! -nargs=* -range -bang '
        .. command[1]
        .. ' echohl ErrorMsg | echomsg "Aside needs Neovim 0.10 or newer: update Neovim" | echohl None'
    )
  end
  return
end

--- Returns a function that loads a module and calls its function.
local function lazy(name)
  local module, method, fields = name:match('^(.-)%.([%w_]*)%(?(.*)$')
  return function(command, ...)
    local call = require(module == 'init' and 'aside' or 'aside.' .. module)[method]
    if fields == '' then
      return call(command, ...)
    end
    local values = {}
    for field in fields:gmatch('%a+') do
      table.insert(values, command[field])
    end
    return call(unpack(values))
  end
end

for _, command in ipairs(commands) do
  local options = command[3]
  options.complete = options.complete and lazy(options.complete)
  vim.api.nvim_create_user_command(command[1], lazy(command[2]), options)
end

local function map(modes, name, action, options)
  for mode in modes:gmatch('.') do
    vim.api.nvim_set_keymap(mode, ('<Plug>(aside-%s)'):format(name), action, options or { noremap = true })
  end
end

for name in
  ([[Add Open Stop Retry Continue Undo Redo Edit Next Previous New Fork Rename Delete Threads Preview Compact Usage
  Instructions Key Apply Wanted Here]]):gmatch('%a+')
do
  map('n', name:lower(), ('<Cmd>Aside%s<CR>'):format(name))
end
map('x', 'add', ':AsideAdd<CR>')
map('nxo', 'ask', ':Aside<Space>')
map('nxo', 'rewrite', ':AsideRewrite<Space>')
map('nxo', 'btw', ':AsideBtw<Space>')
map('n', 'search', ':AsideSearch<Space>')
map('n', 'prompt', '<Cmd>Aside<CR>')
map('x', 'prompt', ':Aside<CR>')
for name, command in pairs({ ask = 'Aside', rewrite = 'AsideRewrite', add = 'AsideAdd' }) do
  map('nx', name .. '-operator', ([[v:lua.require'aside'.operator('%s')]]):format(command), { noremap = true, expr = true })
end

local group = vim.api.nvim_create_augroup('aside_read', {})
local function on(event, pattern, name)
  vim.api.nvim_create_autocmd(event, {
    group = group,
    pattern = pattern,
    nested = true,
    callback = function(arguments)
      lazy(name)(arguments.buf)
    end,
  })
end
on('BufReadCmd', 'aside://*', 'init.read')
on('BufFilePost', 'aside-prompt://*', 'init.read')
on('BufReadCmd', 'aside-change://*', 'apply.read')
on('BufReadCmd', 'aside-proposal://*', 'review.read')
on('BufReadCmd', 'aside-hit://*', 'search.read')
