using Matrix.Bus.Harness;

namespace Matrix.Bus.Components.Tests.UserApi;

static class TestDatabase
{
    public static async Task<string> New() => await (await PrivatePostgres.Shared()).NewDatabase();
}
