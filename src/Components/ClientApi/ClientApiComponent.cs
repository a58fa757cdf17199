using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Matrix.Bus.ClientApi;

/// <summary>The client-server API at the edge: authenticates, checks shapes, asks the component that knows. Keeps nothing.</summary>
public sealed class ClientApiComponent : IComponent
{
    /// <inheritdoc/>
    public static string Name => ComponentNames.ClientApi;

    /// <inheritdoc/>
    public static void Register(ComponentBuilder component)
    {
        component.Services.AddSingleton(provider => ClientApiOptions.From(provider.GetRequiredService<MatrixBusOptions>()));
        component.Services.AddSingleton<InteractiveAuth>().AddSingleton<AttemptLimits>();

        component
            .Serves(ApiKind.Client, Server)
            .Serves(ApiKind.Client, Accounts)
            .Serves(ApiKind.Client, Devices)
            .Serves(ApiKind.Client, Profiles)
            .Serves(ApiKind.Client, UserData)
            .Serves(ApiKind.Internal, Administration)
            .Serves(ApiKind.Client, routes => Rooms(routes.ClosedToSuspendedUsers()))
            .Serves(ApiKind.Client, Edus);
    }

    static void Server(IEndpointRouteBuilder routes)
    {
        VersionsEndpoint.Map(routes);
        CapabilitiesEndpoint.Map(routes);
        WellKnownEndpoint.Map(routes);
        NothingHereEndpoints.Map(routes);
    }

    static void Accounts(IEndpointRouteBuilder routes)
    {
        RegisterEndpoint.Map(routes);
        RegisterAvailableEndpoint.Map(routes);
        RegistrationTokenValidityEndpoint.Map(routes);
        SharedSecretRegisterEndpoint.Map(routes);
        FallbackEndpoint.Map(routes);
        LoginEndpoint.Map(routes);
        GetLoginTokenEndpoint.Map(routes);
        RefreshEndpoint.Map(routes);
        LogoutEndpoint.Map(routes);
        WhoamiEndpoint.Map(routes);
        PasswordEndpoint.Map(routes);
        DeactivateEndpoint.Map(routes);
        OpenIdEndpoint.Map(routes);
        ThirdPartyIdEndpoints.Map(routes);
    }

    static void Administration(IEndpointRouteBuilder routes)
    {
        NewRegistrationTokenEndpoint.Map(routes);
    }

    static void Devices(IEndpointRouteBuilder routes)
    {
        DevicesEndpoint.Map(routes);
        DeleteDevicesEndpoint.Map(routes);
    }

    static void Profiles(IEndpointRouteBuilder routes)
    {
        ProfileEndpoint.Map(routes);
        UserDirectoryEndpoint.Map(routes);
    }

    static void UserData(IEndpointRouteBuilder routes)
    {
        AccountDataEndpoint.Map(routes);
        TagsEndpoint.Map(routes);
        FilterEndpoint.Map(routes);
        PushRulesEndpoint.Map(routes);
        ChangePushRuleEndpoint.Map(routes);
    }

    static void Rooms(IEndpointRouteBuilder routes)
    {
        CreateRoomEndpoint.Map(routes);
        MembershipEndpoints.Map(routes);
        ForgetEndpoint.Map(routes);
        SendEventEndpoint.Map(routes);
        RedactEndpoint.Map(routes);
        PutStateEndpoint.Map(routes);
        AliasEndpoints.Map(routes);
        DirectoryEndpoints.Map(routes);
        HierarchyEndpoints.Map(routes);
        UpgradeEndpoint.Map(routes);
        ReportEndpoints.Map(routes);
    }

    static void Edus(IEndpointRouteBuilder routes)
    {
        TypingEndpoint.Map(routes);
        ReceiptEndpoint.Map(routes);
        ReadMarkersEndpoint.Map(routes);
    }
}
