-- Messages to the user, in one line. Every module that has something to say calls complain() or inform().

local M = {}

--- Shows a message. :messages has the whole text; the screen shows as much as fits in one line, since a longer message would
--- cause a hit-enter prompt. While the user types a command line, the message waits.
local function show(highlight, text)
  if vim.fn.mode():find('^[cr]') then
    vim.defer_fn(function()
      show(highlight, text)
    end, 200)
    return
  end
  vim.fn['aside#message'](highlight, 'Aside: ' .. text:gsub('%z', '?'):gsub('%s+', ' '))
end

function M.complain(text)
  show('ErrorMsg', text)
end

function M.inform(text)
  show('None', text)
end

return M
