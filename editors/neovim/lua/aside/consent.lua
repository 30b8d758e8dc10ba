-- Asks the user for consent before a question is sent. The dialog opens from a callback, at any moment, and must not receive keys that
-- the user typed for something else. So it opens only in Normal mode, when no command and no typed key is pending.

local scratch = require('aside.scratch')

local M = {}

local declining = { '\r', '\27', '\3', 'q', 'n', 'N' }

--- Opens the dialog. When the user has answered, `yes` or `no` is called. Returns false if the user can't be asked now.
function M.ask(reasons, yes, no)
  if vim.fn.mode() ~= 'n' or vim.fn.state('moas') ~= '' or vim.fn.getchar(1) ~= 0 then
    return false
  end
  vim.schedule(function()
    local lines = vim.list_extend(vim.list_slice(reasons), {
      '', 's  send it anyway', '<Enter>, <Esc>  put it back into the prompt',
    }) -- stylua: ignore
    local key = scratch.ask(' Send this to Claude? ', lines, function(key)
      return key:lower() == 's' or vim.list_contains(declining, key)
    end)
    if key:lower() == 's' then
      yes()
    else
      no()
    end
  end)
  return true
end

return M
