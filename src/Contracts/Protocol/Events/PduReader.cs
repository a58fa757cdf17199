namespace Matrix.Bus.Protocol;

/// <summary>Reads events from the wire and checks what can be checked without other events.</summary>
public static class PduReader
{
}
