namespace Matrix.Bus.Protocol.Tests;

public sealed class CryptoTests
{
    [Fact]
    public void A_password_matches_its_own_hash_alone()
    {
        var hash = PasswordHash.Create("correct horse", PasswordCost.Minimal);

        Assert.True(PasswordHash.Verify(hash, "correct horse"));
        Assert.False(PasswordHash.Verify(hash, "correct house"));
        Assert.NotEqual(hash, PasswordHash.Create("correct horse", PasswordCost.Minimal));
        Assert.StartsWith("$argon2id$", hash);
    }
}
