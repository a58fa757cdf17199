using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.UserApi;

/// <summary>What an account's standing forbids.</summary>
static class Standing
{
    /// <exception cref="RefusedException">M_USER_LOCKED (client-server API, "Account locking").</exception>
    public static void EnsureMayLogIn(Account account)
    {
        if (account.IsLocked)
        {
            throw new RefusedException(new Refusal
            {
                Status = 401,
                Errcode = "M_USER_LOCKED",
                Error = "This account is locked.",
                Extra = new RawJson("{\"soft_logout\":true}"u8.ToArray()),
            });
        }
    }
}
