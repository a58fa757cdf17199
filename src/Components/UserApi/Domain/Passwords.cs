using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.UserApi;

/// <summary>Hashes and checks passwords, a few at a time: each takes a core and 64 MiB.</summary>
sealed class Passwords(UserApiOptions options)
{
    readonly SemaphoreSlim _slots = new(Math.Max(1, Environment.ProcessorCount / 2));

    /// <summary>What an unknown user's password is checked against, so that the answer takes as long as a known one's.</summary>
    readonly Lazy<string> _nobody = new(() => PasswordHash.Create("nobody has this password", options.PasswordCost));

    /// <summary>The hash to store.</summary>
    /// <exception cref="RefusedException">M_WEAK_PASSWORD for an empty one, M_INVALID_PARAM for one too long.</exception>
    public Task<string> Hash(string password, CancellationToken cancel)
    {
        if (password.Length == 0)
            throw new RefusedException(400, "M_WEAK_PASSWORD", "The password is empty.");
        if (!PasswordHash.IsAcceptable(password))
            throw new RefusedException(400, "M_INVALID_PARAM", $"The password is longer than {PasswordHash.MaxPasswordBytes} bytes.");
        return Slowly(() => PasswordHash.Create(password, options.PasswordCost), cancel);
    }

    /// <summary>True if the stored hash is of this password; takes its time for a missing hash too.</summary>
    public async Task<bool> Matches(string? hash, string password, CancellationToken cancel)
    {
        var matches = await Slowly(() => PasswordHash.Verify(hash ?? _nobody.Value, password), cancel);
        return matches && hash is not null;
    }

    async Task<T> Slowly<T>(Func<T> work, CancellationToken cancel)
    {
        await _slots.WaitAsync(cancel);
        try
        {
            return await Task.Run(work, cancel);
        }
        finally
        {
            _slots.Release();
        }
    }
}
