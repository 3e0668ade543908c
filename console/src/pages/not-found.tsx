import { Link } from "../components/link";
import { PageHead } from "../components/panel";

export function NotFoundPage() {
  return (
    <>
      <PageHead title="Nothing at this address" />
      <p>
        <Link href="/">Go to the overview</Link>
      </p>
    </>
  );
}
