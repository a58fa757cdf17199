using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;

namespace Matrix.Bus.UserApi;

/// <summary>Begins a registration by shared secret.</summary>
sealed class PerformRegistrationNonceHandler(RegistrationNonces nonces, UserApiOptions options) : ICallHandler<PerformRegistrationNonce, RegistrationNonce>
{
    public async Task<RegistrationNonce> Handle(PerformRegistrationNonce call, CancellationToken cancel)
    {
        PerformSharedSecretRegistrationHandler.SecretOf(options);
        return new RegistrationNonce { Nonce = await nonces.Create(cancel) };
    }
}
