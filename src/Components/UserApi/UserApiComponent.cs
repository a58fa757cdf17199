using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

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
        InteractiveAuthentication(component);
        Devices(component);
        Data(component);
        Profiles(component);
    }

    static void Accounts(ComponentBuilder component)
    {
        component.Services.AddSingleton<AccountById>().AddSingleton<NewAccount>().AddSingleton<RegistrationNonces>().AddSingleton<ChangedAccount>();
        component
            .Answers<PerformAccountCreation, AccountCreated, PerformAccountCreationHandler>()
            .Answers<QueryAccountAvailability, Done, QueryAccountAvailabilityHandler>()
            .Answers<PerformRegistrationNonce, RegistrationNonce, PerformRegistrationNonceHandler>()
            .Answers<PerformSharedSecretRegistration, AccountCreated, PerformSharedSecretRegistrationHandler>()
            .Answers<PerformPasswordUpdate, Done, PerformPasswordUpdateHandler>()
            .Answers<PerformAccountDeactivation, Done, PerformAccountDeactivationHandler>()
            .Answers<PerformAccountStanding, Done, PerformAccountStandingHandler>()
            .Answers<QueryAccount, AccountInfo, QueryAccountHandler>();
    }

    static void Sessions(ComponentBuilder component)
    {
        component.Services.AddSingleton<NewSession>().AddSingleton<EndedSessions>().AddSingleton<OwnerOfToken>().AddSingleton<Refreshes>()
            .AddSingleton<ShortLivedTokens>();
        component
            .Answers<QueryAccessToken, TokenOwner, QueryAccessTokenHandler>()
            .Answers<PerformPasswordLogin, Session, PerformPasswordLoginHandler>()
            .Answers<PerformTokenLogin, Session, PerformTokenLoginHandler>()
            .Answers<PerformLoginTokenCreation, LoginToken, PerformLoginTokenCreationHandler>()
            .Answers<PerformOpenIdTokenCreation, OpenIdToken, PerformOpenIdTokenCreationHandler>()
            .Answers<QueryOpenIdToken, OpenIdUser, QueryOpenIdTokenHandler>()
            .Answers<PerformRefresh, Session, PerformRefreshHandler>()
            .Answers<PerformLogout, Done, PerformLogoutHandler>();
    }

    static void InteractiveAuthentication(ComponentBuilder component)
    {
        component.Services.AddSingleton<InteractiveSessions>().AddSingleton<InteractiveStages>().AddSingleton<RegistrationTokens>();
        component
            .Answers<PerformInteractiveAuth, InteractiveAuthStep, PerformInteractiveAuthHandler>()
            .Answers<PerformFallbackStage, FallbackStage, PerformFallbackStageHandler>()
            .Answers<QueryRegistrationToken, RegistrationTokenValidity, QueryRegistrationTokenHandler>()
            .Answers<PerformRegistrationTokenCreation, RegistrationToken, PerformRegistrationTokenCreationHandler>();
    }

    static void Devices(ComponentBuilder component)
    {
        component.Services.AddSingleton<DeviceRows>().AddSingleton<LastSeen>();
        component.Services.AddHostedService(provider => provider.GetRequiredService<LastSeen>());
        component
            .Answers<QueryDevices, UserDevices, QueryDevicesHandler>()
            .Answers<PerformDeviceUpdate, Done, PerformDeviceUpdateHandler>();
    }

    static void Data(ComponentBuilder component)
    {
        component.Services.AddSingleton<UserData>().AddSingleton<StoredFilters>();
        component.Services.AddSingleton(provider => new LogTable<OutputClientData>(
            provider.GetRequiredKeyedService<NpgsqlDataSource>(ComponentNames.UserApi),
            "users.client_data",
            provider.GetRequiredService<UserApiOptions>().Partitions,
            provider.GetRequiredService<IAnnounce<OutputClientData>>()));
        component.Services.AddHostedService<LogTableAnnouncer<OutputClientData>>();
        component
            .Produces<OutputClientData, LogTable<OutputClientData>>()
            .Answers<PerformAccountDataUpdate, Done, PerformAccountDataUpdateHandler>()
            .Answers<QueryAccountData, AccountData, QueryAccountDataHandler>()
            .Answers<PerformTagUpdate, Done, PerformTagUpdateHandler>()
            .Answers<PerformFilterCreation, FilterCreated, PerformFilterCreationHandler>()
            .Answers<QueryFilter, StoredFilter, QueryFilterHandler>()
            .Answers<QueryPushRules, PushRules, QueryPushRulesHandler>()
            .Answers<PerformPushRuleUpdate, Done, PerformPushRuleUpdateHandler>();
    }

    static void Profiles(ComponentBuilder component)
    {
        component.Services.AddSingleton<Profiles>().AddSingleton<ProfileSearch>();
        component.Services.AddSingleton<PendingFollowUps>().AddSingleton<ProfileInRooms>().AddSingleton<Departures>().AddSingleton<RoomFollowUp>();
        component.Services.AddHostedService(provider => provider.GetRequiredService<RoomFollowUp>());
        component
            .Answers<QueryProfile, Profile, QueryProfileHandler>()
            .Answers<PerformProfileUpdate, Done, PerformProfileUpdateHandler>()
            .Answers<SearchProfiles, FoundProfiles, SearchProfilesHandler>();
    }
}
