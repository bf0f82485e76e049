/** The page: plain JavaScript, and the client that socket.io serves. */
export const PAGE = `<!doctype html>
<html lang="en">
  <title>Chat</title>
  <form id="key"><label>OpenAI key <input name="apiKey" type="password" required></label> <button>Save</button></form>
  <form id="chat"><label>Message <input name="text" required></label> <button>Send</button></form>
  <pre id="log"></pre>
  <script src="/socket.io/socket.io.js"></script>
  <script>
    const user = 'alice';
    const socket = io({ auth: { user } });
    const write = (text) => (document.getElementById('log').textContent += text);
    socket.on('part', write);
    socket.on('exception', ({ code, message }) => write(code + ': ' + message));
    document.getElementById('chat').onsubmit = (event) => {
      event.preventDefault();
      write('\\n> ' + event.target.text.value + '\\n');
      socket.emit('ask', { text: event.target.text.value });
    };
    document.getElementById('key').onsubmit = async (event) => {
      event.preventDefault();
      const response = await fetch('/byok/api/keys/openai', {
        method: 'PUT',
        headers: { 'content-type': 'application/json', 'x-demo-user': user },
        body: JSON.stringify({ apiKey: event.target.apiKey.value }),
      });
      write('\\n' + (response.ok ? 'The key is stored.' : (await response.json()).message) + '\\n');
      event.target.reset();
    };
  </script>
</html>
`;
