// A one-time link carries its token behind the #, which browsers keep to themselves. It leaves the address at once.

const token = decodeURIComponent(location.hash.slice(1));
if (token) {
  document.getElementById("token").value = token;
  document.getElementById("paste").hidden = true;
  history.replaceState(null, "", location.pathname + location.search);
}
