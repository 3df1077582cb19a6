type Env = Readonly<Record<string, string | undefined>>;

/** The environment with another AWS profile, whose credentials take precedence over those in variables. */
export function withProfile(env: Env, profile: string): Env {
  const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _key, AWS_SESSION_TOKEN: _token, ...rest } = env;
  return { ...rest, AWS_PROFILE: profile };
}
