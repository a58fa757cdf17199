using FsCheck;
using FsCheck.Fluent;

namespace Matrix.Bus.Protocol.Tests;

/// <summary>Properties over values that are drawn from a seed; a failure names the seed.</summary>
static class Seeds
{
    public static void Hold(Action<int> property, int runs = 500) =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), property).Check(Config.QuickThrowOnFailure.WithMaxTest(runs));
}
