import { SignInForm } from "../components/sign-in-form";
import { navigate, useQuery } from "../lib/router";

// Only a path of this console may follow a sign-in, never another site.
export function safeNext(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : "/";
}

export function SignInPage() {
  const next = safeNext(useQuery().get("next"));
  return <SignInForm reason="Production figures belong to people with an account." onDone={() => navigate(next)} />;
}
