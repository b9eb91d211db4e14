import { join } from "node:path";

type Variables = Readonly<Record<string, string | undefined>>;

/** What of our own environment the programs of packages may know: where programs are, proxies, certificates, compilers. */
const PASSED = new Set([
  ...["PATH", "LANG", "SSH_AUTH_SOCK"],
  ...["http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"],
  ...["SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"],
  ...["CC", "CXX", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "PKG_CONFIG_PATH"],
]);

/** The settings of pip, uv and npm. */
const SETTINGS = /^(pip|uv|npm_config)_/i;

/** Those that would install elsewhere, or that npm tells the scripts it runs, of which packsync may be one. */
const ELSEWHERE =
  /^(pip_(target|prefix|root|user|dry_run|python)|uv_(target|prefix|python|system_python)|npm_config_(global|location|prefix|local_prefix|global_prefix|globalconfig|user_agent|init_module|node_gyp|npm_version|dry_run|workspace|workspaces))$/i;

/** @param home a directory of its own: nobody's settings and keys are found there; programs may write below it */
export function childEnvironment(env: Variables, home: string): Record<string, string> {
  const passed = Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && isPassed(name) ? [[name, value] as const] : [],
  );
  return {
    LC_ALL: "C.UTF-8",
    ...Object.fromEntries(passed),
    HOME: home,
    XDG_CACHE_HOME: join(home, "cache"),
    PIP_CACHE_DIR: join(home, "cache/pip"),
    UV_CACHE_DIR: join(home, "cache/uv"),
    NPM_CONFIG_CACHE: join(home, "cache/npm"),
    PIP_PROGRESS_BAR: "off",
    NO_COLOR: "1",
  };
}

function isPassed(name: string): boolean {
  return PASSED.has(name) || (SETTINGS.test(name) && !ELSEWHERE.test(name) && !/^npm_config_cache$/i.test(name));
}
