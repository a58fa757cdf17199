using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Matrix.Bus.Harness;

/// <summary>Waits for conditions, never for time.</summary>
public static class Wait
{
    /// <summary>Asks again and again until <paramref name="condition"/> holds.</summary>
    /// <exception cref="TimeoutException">It did not hold in time; the message names it and what it last threw.</exception>
    public static async Task Until(Func<Task<bool>> condition, TimeSpan within,
        CancellationToken cancel = default, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var clock = Stopwatch.StartNew();
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        Exception? last = null;
        while (true)
        {
            try
            {
                if (await condition())
                    return;
                last = null;
            }
            catch (Exception failure) when (failure is not OperationCanceledException || !cancel.IsCancellationRequested)
            {
                last = failure;
            }

            if (clock.Elapsed > within)
                throw new TimeoutException($"Not within {within.TotalSeconds:0.#} s: {what}", last);
            await tick.WaitForNextTickAsync(cancel);
        }
    }

    /// <inheritdoc cref="Until(Func{Task{bool}}, TimeSpan, CancellationToken, string)"/>
    public static Task Until(Func<bool> condition, TimeSpan within,
        CancellationToken cancel = default, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        Until(() => Task.FromResult(condition()), within, cancel, what);
}
