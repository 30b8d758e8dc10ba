-- Edits a buffer at random, and checks that the daemon always gets the text of the buffer. Run by neovim.test.mjs.
local daemon = require('aside.daemon')
local document = require('aside.document')

local told -- the text that the daemon would have after the plugin's notifications
local incremental = 0

function daemon.notify(method, params)
  if method == 'textDocument/didOpen' then
    told = params.textDocument.text
  end
  for _, change in ipairs(method == 'textDocument/didChange' and params.contentChanges or {}) do
    if change.range then
      local lines = vim.split(told, '\n', { plain = true })
      table.remove(lines) -- the text ends with a line break
      local first, last = change.range.start.line, math.min(change.range['end'].line, #lines)
      local function joined(from, to)
        return table.concat(vim.list_slice(lines, from, to), '\n') .. (from <= to and '\n' or '')
      end
      told = joined(1, first) .. change.text .. joined(last + 1, #lines)
      incremental = incremental + 1
    else
      told = change.text
    end
  end
end

local random = math.random
local buffer = vim.api.nvim_get_current_buf()

local edits = {
  function(count)
    local first = random(0, count)
    local new = {}
    for i = 1, random(0, 3) do
      new[i] = tostring(random(99))
    end
    vim.api.nvim_buf_set_lines(buffer, first, random(first, math.min(count, first + 3)), false, new)
  end,
  function()
    vim.cmd('silent! undo')
  end,
  function()
    vim.cmd('silent! redo')
  end,
  function(count)
    vim.cmd(('silent %dmove %d'):format(random(count), random(0, count)))
  end,
  function(count)
    vim.cmd(('silent %dsubstitute/$/x/'):format(random(count)))
  end,
  function(count)
    vim.cmd(('silent %dcopy %d'):format(random(count), random(0, count)))
  end,
  function()
    vim.cmd('silent %substitute/x/y/e')
  end,
  function()
    if random(20) == 1 then
      vim.cmd('silent %delete')
    elseif random(20) == 1 then
      vim.cmd('silent write | edit!')
    elseif random(20) == 1 then
      vim.api.nvim_buf_set_lines(buffer, 0, 0, false, { 'a\rb' })
    end
  end,
}

math.randomseed(tonumber(vim.env.SEED))
for _ = 1, 3000 do
  edits[random(#edits)](vim.api.nvim_buf_line_count(buffer))
  if random(3) == 1 then
    document.synchronise(buffer)
    local text = table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), '\n') .. '\n'
    if told ~= text then
      print(('different with seed %s: %s, not %s'):format(vim.env.SEED, vim.inspect(told), vim.inspect(text)))
      vim.cmd.cquit()
    end
  end
end
print(('the same, %s incremental changes'):format(incremental > 100 and 'many' or 'few'))
vim.cmd('quit!')
