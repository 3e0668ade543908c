import { type FormEvent, useState } from "react";
import { usePlatformStatus } from "../api/platform";
import { ApiError } from "../api/request";
import { useSignIn } from "../api/session";
import { CopyButton, TextField } from "./controls";

function explain(error: unknown): string {
  if (error instanceof ApiError) {
    if (error.status === 401) return "That user and password do not go together.";
    if (error.status === 429) return "Too many tries. Wait a minute, then try again.";
    return error.message;
  }
  return String(error);
}

// Signing in, and where to find the password that the first start made up.
export function SignInForm({ reason, onDone }: { reason: string; onDone?: () => void }) {
  const signIn = useSignIn();
  const status = usePlatformStatus();
  const [username, setUsername] = useState("admin");
  const [password, setPassword] = useState("");
  const file = status.data?.admin_password_file;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate({ username, password }, { onSuccess: () => onDone?.() });
  };

  return (
    <section className="panel sign-in" aria-labelledby="sign-in-title">
      <header className="panel-head">
        <h1 id="sign-in-title">Sign in</h1>
        <p className="muted">{reason}</p>
      </header>
      <div className="panel-body">
        <form onSubmit={submit}>
          <TextField
            label="User"
            type="text"
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            value={username}
            onChange={(event) => setUsername(event.target.value)}
          />
          <TextField
            label="Password"
            type="password"
            name="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
          {signIn.error !== null && (
            <div className="note-box bad" role="alert">
              {explain(signIn.error)}
            </div>
          )}
          <button type="submit" className="button primary" disabled={signIn.isPending}>
            {signIn.isPending ? "Signing in…" : "Sign in"}
          </button>
          <div className="note-box small">
            <p>
              First time here? The first start made a user <code>admin</code> with a password of its own
              {file === undefined ? (
                <>
                  , kept in <code>secrets/admin-password</code> below the data folder.
                </>
              ) : (
                ". On the machine that runs the platform, this shows it:"
              )}
            </p>
            {file !== undefined && (
              <div className="command">
                <code>cat {file}</code>
                <CopyButton text={`cat ${file}`} what="the command" />
              </div>
            )}
          </div>
        </form>
      </div>
    </section>
  );
}
