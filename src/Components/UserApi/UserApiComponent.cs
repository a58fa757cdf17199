using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;
using Microsoft.Extensions.DependencyInjection;

namespace Matrix.Bus.UserApi;

/// <summary>
/// Accounts, devices, tokens, profiles and account data of this server's users. Everything is in PostgreSQL, so that any number
/// of hosts may answer; what must be forgotten at once is broadcast.
/// </summary>
public sealed class UserApiComponent : IComponent
{
    /// <inheritdoc/>
    public static string Name => ComponentNames.UserApi;

    /// <inheritdoc/>
    public static void Register(ComponentBuilder component)
    {
        component.Schema("users", typeof(UserApiComponent).Assembly);
        component.Services.AddSingleton(provider => UserApiOptions.From(provider.GetRequiredService<MatrixBusOptions>()));
        component.Services.AddSingleton<Passwords>();

        Accounts(component);
        Sessions(component);
    }

    static void Accounts(ComponentBuilder component)
    {
        component.Services.AddSingleton<AccountById>().AddSingleton<NewAccount>().AddSingleton<RegistrationNonces>();
        component
            .Answers<PerformAccountCreation, AccountCreated, PerformAccountCreationHandler>()
            .Answers<QueryAccountAvailability, Done, QueryAccountAvailabilityHandler>()
            .Answers<PerformRegistrationNonce, RegistrationNonce, PerformRegistrationNonceHandler>()
            .Answers<PerformSharedSecretRegistration, AccountCreated, PerformSharedSecretRegistrationHandler>();
    }

    static void Sessions(ComponentBuilder component)
    {
        component.Services.AddSingleton<NewSession>().AddSingleton<EndedSessions>().AddSingleton<OwnerOfToken>().AddSingleton<Refreshes>();
        component
            .Answers<QueryAccessToken, TokenOwner, QueryAccessTokenHandler>()
            .Answers<PerformPasswordLogin, Session, PerformPasswordLoginHandler>()
            .Answers<PerformRefresh, Session, PerformRefreshHandler>()
            .Answers<PerformLogout, Done, PerformLogoutHandler>();
    }
}
