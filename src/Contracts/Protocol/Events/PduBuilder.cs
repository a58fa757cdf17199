namespace Matrix.Bus.Protocol;

/// <summary>Builds, hashes and signs an event of our own.</summary>
public static class PduBuilder
{
}
