import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Failure } from "../api.ts";
import { link, replaceRoute, route } from "../route.ts";
import { mayRead, signIn } from "../store.ts";
import { Button } from "../ui/button.tsx";

export function SignInPage() {
  const [failure, setFailure] = useState<Failure>();
  const [isBusy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  useEffect(() => field.current?.focus(), []);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    const refused = await signIn(field.current?.value.trim() ?? "");
    setBusy(false);
    setFailure(refused);
    if (refused === undefined && route.peek().page === "sign-in") replaceRoute(link.overview);
    if (refused !== undefined) field.current?.select();
  };
  return (
    <form class="sign-in" onSubmit={submit}>
      <h1>Sign in</h1>
      <p class="muted">
        With a token of the API: the one that the daemon showed when it started, or one that its configuration has.
      </p>
      <label for={id}>Token</label>
      <input
        id={id}
        ref={field}
        type="password"
        name="token"
        autocomplete="current-password"
        spellcheck={false}
        required
        aria-invalid={failure !== undefined}
        aria-describedby={`${id}-failure`}
      />
      <p id={`${id}-failure`} class="refused" role="alert">
        {failure?.error}
      </p>
      <div class="row">
        <Button kind="primary" type="submit" disabled={isBusy}>
          Sign in
        </Button>
        {mayRead.value && <a href={link.overview}>Go on without</a>}
      </div>
    </form>
  );
}
