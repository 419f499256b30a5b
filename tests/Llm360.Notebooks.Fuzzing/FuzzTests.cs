// Damaged and hostile weights files end in one typed error, soon and in little memory.
using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Llm360.Notebooks.Fuzzing;

/// <summary>With more cases: LLM360_FUZZ=100000 dotnet test
/// tests/Llm360.Notebooks.Fuzzing.</summary>
public sealed class FuzzTests
{
    private const int UsualCases = 5_000;
    private const long MostMemory = 64 << 20;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    private static int Cases => Number("LLM360_FUZZ", UsualCases);

    private static int First => Number("LLM360_FUZZ_FIRST", 0);

    [Fact]
    public void Damaged_files_end_in_a_typed_error_soon_and_in_little_memory()
    {
        var corpus = new Corpus();
        var folder = Directory.CreateTempSubdirectory("llm360-fuzz-").FullName;
        var (read, refused) = (0, 0);
        try
        {
            for (var number = First; number < First + Cases; number++)
            {
                var sample = corpus.Case(number);
                var path = Path.Combine(folder, sample.Name);
                File.WriteAllBytes(path, sample.Bytes);
                if (Judge(path, number))
                    read++;
                else
                    refused++;
                File.Delete(path);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{read} read, {refused} refused");
        // Some files must be read and some refused. Otherwise the damage is too small or too large
        // to find anything.
        Assert.InRange(read, 1, Cases - 1);
    }

    [Fact]
    public void Every_forbidden_name_is_refused_by_name()
    {
        var folder = Directory.CreateTempSubdirectory("llm360-fuzz-").FullName;
        try
        {
            foreach (var (name, pickle) in Pickles.Forbidden())
            {
                var path = Path.Combine(folder, "x.bin");
                File.WriteAllBytes(path, Pickles.Archive(pickle));
                var error = Assert.Throws<WeightsException>(() => StateDict.Open(path));
                Assert.Equal(WeightsFault.UnsafeClass, error.Fault);
                Assert.Contains(name, error.What, StringComparison.Ordinal);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Whether the file could be read. Fails the test with the case's number if the case
    /// ends in another way than it may.</summary>
    private static bool Judge(string path, int number)
    {
        var (memory, clock) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.StartNew());
        var isRead = Reads(path, number);
        memory = GC.GetAllocatedBytesForCurrentThread() - memory;
        // A busy machine can stop the thread at any point, so a slow case is repeated up to three
        // times.
        for (var again = 0; clock.Elapsed > Longest && again < 3; again++)
        {
            clock.Restart();
            Reads(path, number);
        }

        Assert.True(clock.Elapsed <= Longest, $"case {number}: {clock.Elapsed}");
        Assert.True(memory <= MostMemory, $"case {number}: {memory} bytes allocated");
        return isRead;
    }

    private static bool Reads(string path, int number)
    {
        try
        {
            using var weights = StateDict.Open(path);
            // A file that opens must be safe to read.
            foreach (var name in weights.Entries.Keys)
            {
                weights.Hash(name);
                weights.Statistics(name);
            }

            return true;
        }
        catch (Llm360Exception e)
        {
            // A terminal would obey control characters.
            Assert.DoesNotContain(e.What + e.Where, char.IsControl);
            return false;
        }
        catch (Exception e) when (e is not Xunit.Sdk.IAssertionException)
        {
            Assert.Fail($"case {number}: {e}");
            throw;
        }
    }

    private static int Number(string variable, int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : usual;
}
