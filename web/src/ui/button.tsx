import type { ComponentChildren } from "preact";

interface ButtonProps {
  readonly children: ComponentChildren;
  readonly onClick?: () => void;
  readonly kind?: "plain" | "primary" | "danger" | "bare";
  readonly type?: "button" | "submit";
  readonly disabled?: boolean;
  /** For a button without words. */
  readonly label?: string;
  readonly pressed?: boolean;
}

export function Button({
  children,
  onClick,
  kind = "plain",
  type = "button",
  disabled = false,
  label,
  pressed,
}: ButtonProps) {
  return (
    <button
      class={`button ${kind}`}
      type={type}
      disabled={disabled}
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      onClick={onClick}
    >
      {children}
    </button>
  );
}
