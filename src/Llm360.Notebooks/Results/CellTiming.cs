// The time per cell of a store, so that the cost of a grid is known before it runs.
using System.Text.Json;

namespace Llm360.Notebooks;

/// <summary>The time of the cells that a process computed last.</summary>
/// <param name="Device">Kind of the device.</param>
/// <param name="SecondsPerCell">Time of the process divided by the number of its cells.</param>
/// <param name="Cells">Number of the cells.</param>
internal sealed record CellTiming(string Device, double SecondsPerCell, int Cells)
{
    private const string FileName = "timing.json";
    private const long LongestFile = 1 << 16;

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Records a time; does nothing without cells.</summary>
    public static void Save(string folder, Device device, TimeSpan time, int cells)
    {
        if (cells == 0)
            return;
        try
        {
            var timing = new CellTiming(device.Kind, time.TotalSeconds / cells, cells);
            AtomicFile.WriteText(Path.Combine(folder, FileName), JsonSerializer.Serialize(timing, Json) + "\n", isDurable: false);
        }
        catch (Llm360Exception)
        {
            // Only the preview of a later grid is lost.
        }
    }

    /// <summary>The time of cells in a store on a kind of device; null if unknown.</summary>
    public static CellTiming? Read(string folder, Device device)
    {
        try
        {
            var timing = JsonSerializer.Deserialize<CellTiming>(PlainFile.ReadAllBytes(Path.Combine(folder, FileName), LongestFile), Json);
            return timing is { SecondsPerCell: > 0 } && timing.Device == device.Kind ? timing : null;
        }
        catch (Exception e) when (e is JsonException or IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
