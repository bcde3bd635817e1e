"""Trainings of real small models, well and badly, whose curves the alarms are held against."""
